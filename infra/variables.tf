variable "project_name" {
  description = "Begins the name of every resource."
  type        = string
  default     = "crud-app"

  validation {
    # A load balancer's name has at most 32 characters, and all of "<project>-<environment>-alb" must fit.
    condition     = can(regex("^[a-z][a-z0-9-]{0,12}[a-z0-9]$", var.project_name))
    error_message = "project_name must have 2 to 14 lower-case letters, digits or hyphens, and begin with a letter."
  }

  validation {
    # It begins the names of the sign-in page, a parameter (ssm), a security group (sg-), a load balancer (internal-) and a bucket.
    condition     = !can(regex("aws|amazon|cognito|^(ssm|sg-|internal-|xn--|sthree-|amzn-)", "${var.project_name}-"))
    error_message = "project_name must not contain aws, amazon or cognito, or begin with ssm, sg-, internal-, xn--, sthree- or amzn-: AWS reserves them."
  }
}

variable "environment" {
  description = "The second part of every name: several environments live side by side in one account."
  type        = string
  default     = "dev"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment)) && !can(regex("aws|amazon|cognito", var.environment))
    error_message = "environment must have 2 to 12 lower-case letters or digits, such as dev, staging or production, and must not contain aws, amazon or cognito, which Cognito reserves."
  }
}

variable "aws_region" {
  description = "The AWS region of everything. `make` takes it from AWS_REGION or your AWS profile."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region must be the name of a region, such as us-east-1."
  }
}

variable "tags" {
  description = "More tags for every resource, beside Project, Environment and ManagedBy."
  type        = map(string)
  default     = {}
}

variable "revisions" {
  description = "The git revisions that were deployed here, newest first. `make deploy` sets it, and `make rollback` reads it."
  type        = list(string)
  default     = []
}

variable "deletion_protection" {
  description = "Refuse to delete what holds data or the public address. Null: only when the environment is production."
  type        = bool
  default     = null
}

variable "database_url" {
  description = "The address of the PostgreSQL database, with user and password. `make` takes it from DATABASE_URL."
  type        = string
  sensitive   = true

  validation {
    # Query parameters (a pooler's sslmode and pgbouncer, a socket's host) are crud_app's to understand.
    condition     = can(regex("^postgres(ql)?://[^\\s]+$", var.database_url))
    error_message = "database_url must look like postgresql://user:password@host:5432/database (special characters in the password percent-encoded)."
  }

  validation {
    # Without sslmode it is verify-full. The other modes verify no certificate, so the password could go to an impostor.
    condition     = !can(regex("[?&]sslmode=(disable|require)(&|$)", var.database_url))
    error_message = "database_url must not say sslmode=disable or sslmode=require: leave it out, or say verify-full or verify-ca, with sslrootcert if no public authority vouches for the server."
  }
}

variable "database_url_version" {
  description = "Goes up when database_url is to be written again. `make` compares it with what is stored."
  type        = number
  default     = 1
}

variable "customer_key" {
  description = "Whether a key of the account's own encrypts what holds people's data (a dollar a month). Null: only when the environment is production."
  type        = bool
  default     = null
}

variable "keep_key" {
  description = "Whether the key stays although customer_key is false: messages that it encrypted may still wait. `make` decides it."
  type        = bool
  default     = false
}

variable "email_from" {
  description = "The sender of all e-mails: an address that SES has verified (`make sender` asks it to)."
  type        = string

  validation {
    condition     = can(regex("^[^@\\s<>,;\"]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$", var.email_from))
    error_message = "email_from must be one bare e-mail address, such as directorio@example.com."
  }
}

variable "manage_sender" {
  description = "Whether this environment's state holds the SES identity of email_from. Only one environment of an account and region may."
  type        = bool
  default     = true
}

variable "notify_to" {
  description = "The addresses that get an e-mail for every change of the directory."
  type        = list(string)

  validation {
    condition     = length(var.notify_to) > 0 && alltrue([for address in var.notify_to : can(regex("^[^@\\s<>,;\"]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$", address))])
    error_message = "notify_to must list at least one e-mail address, each bare, such as rrhh@example.com."
  }
}

variable "notify_employee" {
  description = "Whether a new employee gets an e-mail too."
  type        = bool
  default     = false
}

variable "mail_language" {
  description = "The language of the e-mails about changes: es or en."
  type        = string
  default     = "es"

  validation {
    condition     = contains(["es", "en"], var.mail_language)
    error_message = "mail_language must be es or en."
  }
}

variable "time_zone" {
  description = "The directory's time zone, such as Europe/Madrid or America/Lima: of the times in e-mails, and of \"today\", the hire date of an employee without one."
  type        = string
  default     = "UTC"

  validation {
    condition     = can(regex("^[A-Za-z]+([/_+-][A-Za-z0-9]+)*$", var.time_zone))
    error_message = "time_zone must be the name of a time zone, such as Europe/Madrid."
  }
}

variable "currency" {
  description = "The currency of the salaries, as the page shows them: three letters of ISO 4217, such as EUR or PEN."
  type        = string
  default     = "EUR"

  validation {
    condition     = can(regex("^[A-Z]{3}$", var.currency))
    error_message = "currency must be three capital letters, such as EUR."
  }
}

variable "salary_period" {
  description = "What a salary is paid for: year or month."
  type        = string
  default     = "year"

  validation {
    condition     = contains(["year", "month"], var.salary_period)
    error_message = "salary_period must be year or month."
  }
}

variable "alb_enabled" {
  description = "Whether there is a load balancer, with its network, in front of bff_app. Without it, which saves its price by the hour, a developer uses the HTTP APIs."
  type        = bool
  default     = true
}

variable "edge" {
  description = "What stands before the load balancer: vpc_origin (CloudFront, and the load balancer is not on the internet), prefix_list (CloudFront, and the load balancer accepts only CloudFront) or none (the load balancer itself, over HTTPS)."
  type        = string
  default     = "vpc_origin"

  validation {
    condition     = contains(["vpc_origin", "prefix_list", "none"], var.edge)
    error_message = "edge must be vpc_origin, prefix_list or none."
  }
}

variable "domain_name" {
  description = "The page's own name, such as directorio.example.com. Empty: the one that CloudFront gives. Its DNS record (CNAME, or an alias) goes to the output page_target."
  type        = string
  default     = ""

  validation {
    condition     = var.domain_name == "" || can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$", var.domain_name))
    error_message = "domain_name must be empty or a name in lower case, such as directorio.example.com."
  }
}

variable "certificate_arn" {
  description = "The ACM certificate for domain_name that CloudFront shows: one of us-east-1."
  type        = string
  default     = ""

  validation {
    condition     = var.certificate_arn == "" || can(regex("^arn:[a-z-]+:acm:us-east-1:[0-9]{12}:certificate/[0-9a-f-]+$", var.certificate_arn))
    error_message = "certificate_arn must be empty or the ARN of an ACM certificate in us-east-1: CloudFront accepts no other."
  }
}

variable "alb_certificate_arn" {
  description = "The ACM certificate for domain_name that a load balancer on the internet shows (edge = prefix_list or none): one of aws_region."
  type        = string
  default     = ""
}

variable "origin_secret_version" {
  description = "With edge = prefix_list: add 1, and deploy, to change the secret between CloudFront and the load balancer, without an interruption."
  type        = number
  default     = 1
}

variable "waf_enabled" {
  description = "Whether a firewall stands before the page: AWS's rules, a limit of requests and one of sizes. About 12 dollars a month, and 0.60 for each million of requests."
  type        = bool
  default     = true
}

variable "waf_requests_per_ip" {
  description = "Requests of one address in five minutes before the firewall answers 429. An office may share one address."
  type        = number
  default     = 3000
}

variable "waf_requests_per_token" {
  description = "Requests with one access token in five minutes, which is as long as a person's is valid, before the firewall answers 429."
  type        = number
  default     = 1500
}

variable "alb_allowed_cidrs" {
  description = "Who may reach a load balancer that CloudFront does not stand before (edge = none, demo = true)."
  type        = list(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = length(var.alb_allowed_cidrs) > 0 && alltrue([for range in var.alb_allowed_cidrs : can(cidrhost(range, 0))])
    error_message = "alb_allowed_cidrs must list at least one IPv4 range, such as 203.0.113.0/24."
  }
}

variable "api_throttle" {
  description = "Requests a second that each HTTP API takes before it answers 429, on average (rate) and at once (burst)."
  type        = object({ rate = number, burst = number })
  default     = { rate = 100, burst = 200 }

  validation {
    condition     = var.api_throttle.rate > 0 && var.api_throttle.burst >= 1 && floor(var.api_throttle.burst) == var.api_throttle.burst
    error_message = "api_throttle needs a rate above 0 and a whole burst of at least 1."
  }
}

variable "demo" {
  description = "Whether everyone on the internet may read and change everything, over plain HTTP, as in the original project. For invented data only: there is no sign-in, and the page says so."
  type        = bool
  default     = false
}

variable "mfa_required" {
  description = "Whether signing in requires a code from an authenticator app besides the password. Default: in production."
  type        = bool
  default     = null
}

variable "machine_clients" {
  description = "Programs that may call the APIs, by name, each with its role: lector, rrhh or admin. AWS asks 6 dollars a month for each."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name, role in var.machine_clients : can(regex("^[a-z][a-z0-9-]{0,29}$", name)) && contains(["lector", "rrhh", "admin"], role)])
    error_message = "machine_clients must map names of lower-case letters, digits and hyphens to lector, rrhh or admin, such as { nomina = \"lector\" }."
  }
}

variable "reserved_concurrency" {
  description = "Caps on how many of a function run at once, by its name (infra/locals.tf); 0 stops it. crud has a cap by default (database_connections); the others share what the account has."
  type        = map(number)
  default     = {}

  validation {
    condition     = alltrue([for name, cap in var.reserved_concurrency : contains(["bff", "crud", "publicar_pendientes", "email", "enviar_correos", "registrar_resultado"], name) && cap >= 0 && floor(cap) == cap])
    error_message = "reserved_concurrency must give whole numbers from 0 to bff, crud, publicar_pendientes, email, enviar_correos or registrar_resultado."
  }
}

variable "lambda_quota" {
  description = "How many Lambda functions the account may run at once. `make` asks AWS; alarms depend on it."
  type        = number
  default     = 1000
}

variable "database_connections" {
  description = "How many connections PostgreSQL accepts. `make` asks the database; crud_app's concurrency is capped at four fifths of them."
  type        = number
  default     = 100
}

variable "snapstart" {
  description = "Whether the functions start from a snapshot of their memory (Lambda SnapStart) instead of importing everything. Needs Python 3.12 or newer (make package PYTHON=python3.12). AWS asks about 4 dollars a month for each GB of memory size kept, and 0.14 for a thousand starts of one."
  type        = bool
  default     = false
}

variable "ses_rate" {
  description = "How many e-mails SES takes from the account in a second: `aws sesv2 get-account` says it (MaxSendRate). It is shared among the batches that are sent at once."
  type        = number
  default     = 14 # what SES gives when it lets an account out of its sandbox

  validation {
    condition     = var.ses_rate >= 1 && var.ses_rate <= 1000
    error_message = "ses_rate must be a number from 1 to 1000."
  }
}

variable "log_retention_days" {
  description = "How many days logs are kept, access logs included: they hold people's addresses."
  type        = number
  default     = 14

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of the values that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 or more."
  }
}

variable "leaver_days" {
  description = "After how many days a deleted employee can no longer be restored, and is erased from the directory and its history."
  type        = number
  default     = 90

  validation {
    condition     = var.leaver_days >= 1 && var.leaver_days <= 3650 && floor(var.leaver_days) == var.leaver_days
    error_message = "leaver_days must be a whole number from 1 to 3650."
  }
}

variable "audit_retention_days" {
  description = "How many days crud_app's log is kept, which says who read or exported many salaries: one of CloudWatch's values, as log_retention_days."
  type        = number
  default     = 365
}

variable "office_hours" {
  description = "When the sweep of unpublished events runs (cron expressions of EventBridge Scheduler, and their time zone). Null: always. A database that suspends when idle may then sleep outside of them."
  type        = object({ opens = string, closes = string, timezone = string })
  default     = null

  validation {
    condition     = var.office_hours == null || can([for time in [var.office_hours.opens, var.office_hours.closes] : regex("^cron\\([^()]+\\)$", time)]) && can(regex("^[A-Za-z]+(/[A-Za-z0-9_+-]+)*$", var.office_hours.timezone))
    error_message = "office_hours needs cron expressions and a time zone, such as { opens = \"cron(0 8 ? * MON-FRI *)\", closes = \"cron(0 19 ? * MON-FRI *)\", timezone = \"America/Lima\" }."
  }
}

variable "alarm_email" {
  description = "Who gets an e-mail when an alarm goes off or ends (AWS asks the address to confirm). Empty: only the topic."
  type        = string
  default     = ""

  validation {
    condition     = var.alarm_email == "" || can(regex("^[^@\\s<>,;\"]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$", var.alarm_email))
    error_message = "alarm_email must be empty or one bare e-mail address, such as guardia@example.com."
  }
}
