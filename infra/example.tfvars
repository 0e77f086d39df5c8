# Copy this file to <environment>.tfvars, such as production.tfvars, which `make plan ENVIRONMENT=production` reads and
# git ignores. variables.tf describes every variable. The database's address does not belong here: it is a secret, and
# comes from the shell (DATABASE_URL).

email_from = "directorio@example.com"
notify_to  = ["rrhh@example.com"]

alarm_email        = "guardia@example.com"
log_retention_days = 30

# Another environment of this account and region already has the sender in its state.
# manage_sender = false

# No load balancer, and so no price by the hour: develop through the HTTP APIs.
# alb_enabled = false

# Let a database that suspends when idle sleep at night.
# office_hours = { opens = "cron(0 8 ? * MON-FRI *)", closes = "cron(0 19 ? * MON-FRI *)", timezone = "America/Lima" }
