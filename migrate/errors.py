"""The one exception a user may see."""


class UserError(Exception):
    """One sentence: what is wrong, where, and what to do. Printed without a traceback; the process ends with ``exit_code``."""

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code
