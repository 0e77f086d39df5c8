# Everything that brings a policy, applied to the mock provider so that each ARN is known. `make scan` checks the policies
# with parliament and policy_sentry (tools/scan/policies.py).

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "cloudfront"
  source = "./tests/mocks"
}

run "policies" {
  variables {
    aws_region          = "us-east-1"
    database_url        = "postgresql://directorio@db.example.com:5432/directorio"
    email_from          = "directorio@example.com"
    notify_to           = ["rrhh@example.com"]
    environment         = "production"
    edge                = "none"
    domain_name         = "directorio.example.com"
    certificate_arn     = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    alb_certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
    office_hours        = { opens = "cron(0 8 ? * MON-FRI *)", closes = "cron(0 19 ? * MON-FRI *)", timezone = "America/Lima" }
  }
}
