"""What goes out: alerts to Slack and to the console."""
