from redraft.agent.speculation.compiled import compiled


def test_what_cannot_be_kept_on_disk_is_compiled_all_the_same() -> None:
    names: dict[str, object] = {}
    exec("def twice(number):\n    return 2 * number", names)  # noqa: S102 - of no file that Numba could keep it beside
    twice = names["twice"]
    assert callable(twice)

    assert compiled(twice)(21) == 42
