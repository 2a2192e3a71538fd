"""Why a photo was not drawn, in a few words for the user."""
from utils.encode import EncodeError
from utils.pictures import PictureError


def explain(error):
    """The reason in an exception, for the user."""
    if isinstance(error, PictureError):
        return error.reason
    if isinstance(error, MemoryError):
        return str(error) or "not enough memory"
    if isinstance(error, OSError):
        return f"cannot be read or written ({error.strerror or error})"
    if isinstance(error, EncodeError):
        return str(error)
    return f"cannot be drawn ({type(error).__name__}: {' '.join(str(error).split())[:200]})"
