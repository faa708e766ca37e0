"""What checking a drafted token costs, learned from the steps of the model that runs.

On a GPU a step reads all weights whatever it computes, and some hundred tokens more take next to no time. On a CPU, or
in a large batch, each token takes its time, and a long draft that fails costs more than it may bring. Which of the two
it is, the steps tell: how long they take by the tokens they compute. Weighing what a draft may bring against its check
is from SpecDec++ (arXiv 2405.19715), and learning the cost from the server that runs from SmartSpec (arXiv 2406.14066).
"""

FADING = 0.99
"""How much of a step counts in the next one's: a hundred steps are remembered, a second or two of a GPU."""
DOUBT = 16.0
"""Added to the variance of the tokens in a step, squared tokens: where all steps are alike, nothing says what a token
costs, and it is taken to cost nothing."""


class Price:
    """Least squares of seconds over tokens, of steps the less the older they are."""

    def __init__(self) -> None:
        self._steps = self._said = 0.0
        self._computed = self._seconds = 0.0
        self._squared = self._product = 0.0

    def step(self, computed: int, said: int, seconds: float) -> None:
        """One that computed so many tokens, drafted ones among them, of which so many were taken or are new."""
        self._steps = FADING * self._steps + 1
        self._said = FADING * self._said + said
        self._computed = FADING * self._computed + computed
        self._seconds = FADING * self._seconds + seconds
        self._squared = FADING * self._squared + computed * computed
        self._product = FADING * self._product + computed * seconds

    @property
    def of_a_token(self) -> float:
        """Seconds that a step takes longer for each token it computes; 0 before anything is known."""
        if not self._steps:
            return 0.0
        computed, seconds = self._computed / self._steps, self._seconds / self._steps
        variance = self._squared / self._steps - computed * computed
        return max(0.0, (self._product / self._steps - computed * seconds) / (variance + DOUBT))

    @property
    def chance(self) -> float:
        """The tokens that are said anyway in the time in which one is checked: what a drafted one must be worth."""
        return self.of_a_token * self._said / self._seconds if self._seconds else 0.0
