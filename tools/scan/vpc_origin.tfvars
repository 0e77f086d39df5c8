# `production` with its defaults. `make scan` plans this file and none.tfvars: `prefix_list` has no resource that the two
# lack, and `demo` is open on purpose.
aws_region   = "us-east-1"
environment  = "production"
database_url = "postgresql://directorio@db.example.com/directorio"
email_from   = "directorio@example.com"
notify_to    = ["rrhh@example.com"]
