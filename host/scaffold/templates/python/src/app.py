"""What the component exports: the step, behind the contract. It can only be imported while the component is built."""

from stepwell_sdk.component import exported
from step import ReleaseNotes

Guest = exported(ReleaseNotes)
