"""What the protocols of providers have in common, seen from the server's side."""


class WireError(Exception):
    """A request that the provider would refuse. parameter: which part of it is wrong."""

    def __init__(self, message: str, parameter: str | None = None) -> None:
        super().__init__(message)
        self.parameter = parameter
