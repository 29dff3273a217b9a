"""All read models are made anew: what the revisions 0001 to 0007 made is dropped."""

from migrations.read_models import make_anew
from projections.registry import make_projections

revision = "0008"
down_revision = None
branch_labels = None
depends_on = None

_OLD = ("totals", "accounts", "sources", "dues", "bills", "parties")


def upgrade() -> None:
    """Forward; there is no way back."""
    gone = ("checkpoints", "history_movements", *(f"dashboard_{name}" for name in _OLD))
    make_anew(*(each.name for each in make_projections()), gone=gone)
