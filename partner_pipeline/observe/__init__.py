"""What people see of a running pipeline: logs, metrics, mails, and traces through all of it."""
