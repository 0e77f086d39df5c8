# `production` without CloudFront.
aws_region          = "us-east-1"
environment         = "production"
database_url        = "postgresql://directorio@db.example.com/directorio"
email_from          = "directorio@example.com"
notify_to           = ["rrhh@example.com"]
edge                = "none"
domain_name         = "directorio.example.com"
certificate_arn     = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
alb_certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
