# What is refused before anything is planned, each with a sentence of its own.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  aws_region   = "us-east-1"
  database_url = "postgresql://directorio@db.example.com:5432/directorio"
  email_from   = "directorio@example.com"
  notify_to    = ["rrhh@example.com"]
}

run "bad_project_name_1" {
  command = plan

  variables {
    project_name = "Crud App"
  }

  expect_failures = [var.project_name]
}

run "bad_project_name_2" {
  command = plan

  variables {
    project_name = "a"
  }

  expect_failures = [var.project_name]
}

run "bad_project_name_3" {
  command = plan

  variables {
    project_name = "crud-app-with-a-long-name"
  }

  expect_failures = [var.project_name]
}

run "bad_project_name_4" {
  command = plan

  variables {
    project_name = "crud-"
  }

  expect_failures = [var.project_name]
}

run "bad_environment_1" {
  command = plan

  variables {
    environment = "Prod"
  }

  expect_failures = [var.environment]
}

run "bad_environment_2" {
  command = plan

  variables {
    environment = "pro-duction"
  }

  expect_failures = [var.environment]
}

run "bad_environment_3" {
  command = plan

  variables {
    environment = "averyverylongname"
  }

  expect_failures = [var.environment]
}

run "bad_environment_4" {
  command = plan

  variables {
    environment = ""
  }

  expect_failures = [var.environment]
}

run "bad_region_1" {
  command = plan

  variables {
    aws_region = "Virginia"
  }

  expect_failures = [var.aws_region]
}

run "bad_region_2" {
  command = plan

  variables {
    aws_region = "us-east"
  }

  expect_failures = [var.aws_region]
}

run "bad_region_3" {
  command = plan

  variables {
    aws_region = ""
  }

  expect_failures = [var.aws_region]
}

run "bad_tags" {
  command = plan

  variables {
    tags = { "aws:name" = "x" }
  }

  expect_failures = [var.tags]
}

run "bad_database_url_1" {
  command = plan

  variables {
    database_url = "mysql://u@h/d"
  }

  expect_failures = [var.database_url]
}

run "bad_database_url_2" {
  command = plan

  variables {
    database_url = "db.example.com:5432"
  }

  expect_failures = [var.database_url]
}

run "bad_database_url_3" {
  command = plan

  variables {
    database_url = "postgresql://u@h/d b"
  }

  expect_failures = [var.database_url]
}

run "bad_database_url_4" {
  command = plan

  variables {
    database_url = ""
  }

  expect_failures = [var.database_url]
}

run "bad_sender_1" {
  command = plan

  variables {
    email_from = "Directorio <directorio@example.com>"
  }

  expect_failures = [var.email_from]
}

run "bad_sender_2" {
  command = plan

  variables {
    email_from = "directorio"
  }

  expect_failures = [var.email_from]
}

run "bad_sender_3" {
  command = plan

  variables {
    email_from = "a@b"
  }

  expect_failures = [var.email_from]
}

run "bad_sender_4" {
  command = plan

  variables {
    email_from = "a@example.com, b@example.com"
  }

  expect_failures = [var.email_from]
}

run "bad_recipients_1" {
  command = plan

  variables {
    notify_to = []
  }

  expect_failures = [var.notify_to]
}

run "bad_recipients_2" {
  command = plan

  variables {
    notify_to = ["rrhh@example.com", "jefatura"]
  }

  expect_failures = [var.notify_to]
}

run "bad_network_1" {
  command = plan

  variables {
    vpc_cidr = "10.0.0.0"
  }

  expect_failures = [var.vpc_cidr]
}

run "bad_network_2" {
  command = plan

  variables {
    vpc_cidr = "10.0.0.7/16"
  }

  expect_failures = [var.vpc_cidr]
}

run "bad_network_3" {
  command = plan

  variables {
    vpc_cidr = "10.0.0.0/33"
  }

  expect_failures = [var.vpc_cidr]
}

run "bad_network_4" {
  command = plan

  variables {
    vpc_cidr = "everywhere"
  }

  expect_failures = [var.vpc_cidr]
}

run "bad_subnets_1" {
  command = plan

  variables {
    public_subnet_cidrs = ["10.0.1.0/24"]
  }

  expect_failures = [var.public_subnet_cidrs]
}

run "bad_subnets_2" {
  command = plan

  variables {
    public_subnet_cidrs = ["10.0.1.0/24", "10.0.1.0/24"]
  }

  expect_failures = [var.public_subnet_cidrs]
}

run "bad_subnets_3" {
  command = plan

  variables {
    public_subnet_cidrs = ["10.0.1.0/24", "10.0.2.9/24"]
  }

  expect_failures = [var.public_subnet_cidrs]
}

run "bad_subnets_4" {
  command = plan

  variables {
    public_subnet_cidrs = ["10.0.1.0/24", "second"]
  }

  expect_failures = [var.public_subnet_cidrs]
}

run "bad_guests_1" {
  command = plan

  variables {
    alb_allowed_cidrs = []
  }

  expect_failures = [var.alb_allowed_cidrs]
}

run "bad_guests_2" {
  command = plan

  variables {
    alb_allowed_cidrs = ["office"]
  }

  expect_failures = [var.alb_allowed_cidrs]
}

run "bad_throttle_1" {
  command = plan

  variables {
    api_throttle = { rate = 0, burst = 1 }
  }

  expect_failures = [var.api_throttle]
}

run "bad_throttle_2" {
  command = plan

  variables {
    api_throttle = { rate = 1, burst = 1.5 }
  }

  expect_failures = [var.api_throttle]
}

run "bad_caps_1" {
  command = plan

  variables {
    reserved_concurrency = { frontend = 1 }
  }

  expect_failures = [var.reserved_concurrency]
}

run "bad_caps_2" {
  command = plan

  variables {
    reserved_concurrency = { bff = -1 }
  }

  expect_failures = [var.reserved_concurrency]
}

run "bad_caps_3" {
  command = plan

  variables {
    reserved_concurrency = { bff = 1.5 }
  }

  expect_failures = [var.reserved_concurrency]
}

run "bad_mail_concurrency_1" {
  command = plan

  variables {
    mail_concurrency = 1
  }

  expect_failures = [var.mail_concurrency]
}

run "bad_mail_concurrency_2" {
  command = plan

  variables {
    mail_concurrency = 1001
  }

  expect_failures = [var.mail_concurrency]
}

run "bad_mail_concurrency_3" {
  command = plan

  variables {
    mail_concurrency = 2.5
  }

  expect_failures = [var.mail_concurrency]
}

run "bad_retention_1" {
  command = plan

  variables {
    log_retention_days = 10
  }

  expect_failures = [var.log_retention_days]
}

run "bad_retention_2" {
  command = plan

  variables {
    log_retention_days = 0
  }

  expect_failures = [var.log_retention_days]
}

run "bad_office_hours_1" {
  command = plan

  variables {
    office_hours = { opens = "8:00", closes = "cron(0 19 ? * MON-FRI *)", timezone = "America/Lima" }
  }

  expect_failures = [var.office_hours]
}

run "bad_office_hours_2" {
  command = plan

  variables {
    office_hours = { opens = "cron(0 8 ? * MON-FRI *)", closes = "cron(0 19 ? * MON-FRI *)", timezone = "5 hours west" }
  }

  expect_failures = [var.office_hours]
}

run "bad_alarm_email" {
  command = plan

  variables {
    alarm_email = "guardia"
  }

  expect_failures = [var.alarm_email]
}
