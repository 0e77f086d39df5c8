# ---- which environment ----------------------------------------------------------------------------------------

variable "project_name" {
  description = "Begins the name of every resource."
  type        = string
  default     = "crud-app"

  validation {
    # A load balancer's name has at most 32 characters, and all of "<project>-<environment>-alb" must fit.
    condition     = can(regex("^[a-z][a-z0-9-]{0,12}[a-z0-9]$", var.project_name))
    error_message = "project_name must have 2 to 14 lower-case letters, digits or hyphens, and begin with a letter."
  }
}

variable "environment" {
  description = "The second part of every name: several environments live side by side in one account."
  type        = string
  default     = "dev"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment must have 2 to 12 lower-case letters or digits, such as dev, staging or production."
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

  validation {
    condition     = alltrue([for name in keys(var.tags) : !startswith(lower(name), "aws:")])
    error_message = "tags must not begin with aws:, which is reserved."
  }
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

# ---- database and mail ----------------------------------------------------------------------------------------

variable "database_url" {
  description = "The address of the PostgreSQL database, with user and password. `make` takes it from DATABASE_URL."
  type        = string
  sensitive   = true

  validation {
    # Query parameters (a pooler's sslmode and pgbouncer, a socket's host) are crud_app's to understand.
    condition     = can(regex("^postgres(ql)?://[^\\s]+$", var.database_url))
    error_message = "database_url must look like postgresql://user:password@host:5432/database (special characters in the password percent-encoded)."
  }
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

# ---- doors ----------------------------------------------------------------------------------------------------

variable "alb_enabled" {
  description = "Whether there is a load balancer, with its network, in front of bff_app. Without it, which saves its price by the hour, a developer uses the HTTP APIs."
  type        = bool
  default     = true
}

variable "vpc_cidr" {
  description = "The address range of the network."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    # cidrhost refuses what is no range; comparing with its base refuses 10.0.0.7/16.
    condition     = can(cidrhost(var.vpc_cidr, 0)) && try(cidrhost(var.vpc_cidr, 0) == split("/", var.vpc_cidr)[0], false)
    error_message = "vpc_cidr must be an IPv4 range that begins at its base address, such as 10.0.0.0/16."
  }
}

variable "public_subnet_cidrs" {
  description = "The address ranges of the public subnets, each in a zone of its own."
  type        = list(string)
  default     = ["10.0.1.0/24", "10.0.2.0/24"]

  validation {
    condition     = length(var.public_subnet_cidrs) >= 2
    error_message = "public_subnet_cidrs must list at least two ranges: a load balancer needs two zones."
  }

  validation {
    condition     = alltrue([for range in var.public_subnet_cidrs : can(cidrhost(range, 0)) && try(cidrhost(range, 0) == split("/", range)[0], false)])
    error_message = "public_subnet_cidrs must be IPv4 ranges that begin at their base address, such as 10.0.1.0/24."
  }

  validation {
    condition     = length(distinct(var.public_subnet_cidrs)) == length(var.public_subnet_cidrs)
    error_message = "public_subnet_cidrs must not list a range twice."
  }
}

variable "alb_allowed_cidrs" {
  description = "Who may reach the load balancer."
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

# ---- functions ------------------------------------------------------------------------------------------------

variable "reserved_concurrency" {
  description = "Caps on how many of a function run at once, by its name (bff, crud, publicar_pendientes, email, enviar_correos, registrar_resultado); 0 stops it. Functions without one share what the account has."
  type        = map(number)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.reserved_concurrency) : contains(["bff", "crud", "publicar_pendientes", "email", "enviar_correos", "registrar_resultado"], name)])
    error_message = "reserved_concurrency may only name bff, crud, publicar_pendientes, email, enviar_correos and registrar_resultado."
  }

  validation {
    condition     = alltrue([for cap in values(var.reserved_concurrency) : cap >= 0 && floor(cap) == cap])
    error_message = "reserved_concurrency must be whole numbers from 0."
  }
}

variable "mail_concurrency" {
  description = "How many batches of e-mails are sent at once. SES decides: its sandbox takes one e-mail a second."
  type        = number
  default     = 2

  validation {
    condition     = var.mail_concurrency >= 2 && var.mail_concurrency <= 1000 && floor(var.mail_concurrency) == var.mail_concurrency
    error_message = "mail_concurrency must be a whole number from 2 to 1000 (Lambda's limits for a queue)."
  }
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 14

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be one of the values that CloudWatch knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 or more."
  }
}

variable "office_hours" {
  description = "When the sweep of unpublished events runs (cron expressions of EventBridge Scheduler, and their time zone). Null: always. A database that suspends when idle may then sleep outside of them."
  type        = object({ opens = string, closes = string, timezone = string })
  default     = null

  validation {
    condition     = var.office_hours == null || can(regex("^cron\\([^()]+\\)$", var.office_hours.opens)) && can(regex("^cron\\([^()]+\\)$", var.office_hours.closes))
    error_message = "office_hours needs cron expressions, such as opens = \"cron(0 8 ? * MON-FRI *)\" and closes = \"cron(0 19 ? * MON-FRI *)\"."
  }

  validation {
    condition     = var.office_hours == null || can(regex("^[A-Za-z]+(/[A-Za-z0-9_+-]+)*$", var.office_hours.timezone))
    error_message = "office_hours needs the name of a time zone, such as America/Lima."
  }
}

# ---- watching -------------------------------------------------------------------------------------------------

variable "alarm_email" {
  description = "Who gets an e-mail when an alarm goes off or ends (AWS asks the address to confirm). Empty: only the topic."
  type        = string
  default     = ""

  validation {
    condition     = var.alarm_email == "" || can(regex("^[^@\\s<>,;\"]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$", var.alarm_email))
    error_message = "alarm_email must be empty or one bare e-mail address, such as guardia@example.com."
  }
}
