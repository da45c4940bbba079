"""A sheet of what buyers wrote, read through: ``shaofa triage``. What comes out is advice, nothing is agreed by it."""
