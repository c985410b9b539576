"""How a step gives up."""

INVALID_RESPONSE = "invalid-response"


class Failure(Exception):
    """Why a step gave up. Any other exception ends the attempt as a trap, and the host shows its traceback."""

    def __init__(self, kind: str, message: str, retryable: bool = False):
        super().__init__(message)
        # `invalid-input`, `invalid-response`, `denied`, `declined`, or a code of the step's own.
        self.kind = kind
        self.message = message
        # Whether another attempt may help.
        self.retryable = retryable

    @classmethod
    def invalid_input(cls, message: str) -> "Failure":
        """An input is missing or unusable; another attempt would meet the same."""
        return cls("invalid-input", message)

    @classmethod
    def invalid_response(cls, message: str) -> "Failure":
        """The model's answer doesn't hold what the step needs. The host asks the last question again, and this message is added to it:
        name everything that is missing at once."""
        return cls(INVALID_RESPONSE, message, retryable=True)

    @classmethod
    def denied(cls, message: str) -> "Failure":
        """A permission, a budget or a limit stands in the way."""
        return cls("denied", message)

    @classmethod
    def declined(cls, message: str) -> "Failure":
        """The person doesn't want the step to go on."""
        return cls("declined", message)

    @classmethod
    def other(cls, code: str, message: str, retryable: bool = False) -> "Failure":
        """Anything else, with a code of its own such as `network`."""
        return cls(code, message, retryable)
