# What every run has unless it says otherwise: the variables without a default.
aws_region   = "us-east-1"
database_url = "postgresql://directorio@db.example.com:5432/directorio"
email_from   = "directorio@example.com"
notify_to    = ["rrhh@example.com"]
