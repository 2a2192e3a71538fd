"""What became of the photos of a call: drawn, up to date, failed."""
import dataclasses


@dataclasses.dataclass
class Counts:
    """What became of the photos."""

    drawn: int = 0
    skipped: int = 0
    failed: dict = dataclasses.field(default_factory=dict)  # target -> reason
    broken: str = ""  # why the output takes no more drawings

    @classmethod
    def sum(cls, parts):
        """The counts of several processes, given as dicts, in one."""
        failed = {target: reason for part in parts for target, reason in part["failed"].items()}
        broken = next(filter(None, (part["broken"] for part in parts)), "")
        return cls(sum(part["drawn"] for part in parts), sum(part["skipped"] for part in parts), failed, broken)
