"""What can go wrong, and whose fault it is.

    RedraftError                  one line for the user
    ├── UserError                 the question or an option cannot be used
    ├── ServerUnavailable         no model server answers, or it fails every time
    │   └── ServerRefused         it answers, and asking again would not help: a wrong key, an unknown model
    ├── ContextTooSmall           the served model cannot hold the smallest prompt
    ├── StorageFull               no space left for a model or a report
    ├── EngineMissing             vLLM or the model is not installed
    ├── NoEvidence                the library is empty, or nothing in it speaks to the question
    └── RunBusy                   another process is working on this run

An error of the model is no exception: its reply is checked, and what is wrong with it goes back to the model within a
budget (`redraft.agent.asking`). `redraft.tools` and `redraft.store` have errors of their own, in the same spirit.
Anything else is a fault of the program and keeps its traceback.
"""


class RedraftError(Exception):
    """The message is one line a user can act on."""


class UserError(RedraftError):
    pass


class ServerUnavailable(RedraftError):
    pass


class ServerRefused(ServerUnavailable):
    pass


class ContextTooSmall(RedraftError):
    pass


class StorageFull(RedraftError):
    pass


class EngineMissing(RedraftError):
    pass


class NoEvidence(RedraftError):
    pass


class RunBusy(RedraftError):
    pass
