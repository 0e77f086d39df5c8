# Who may come in: a pool of users, their sign-in page, and a client for each program that calls the APIs. `demo = true`
# has none of it. See docs/design/sign-in-and-roles.md and docs/security.md.

locals {
  # The apps read the same file. Each role is a group of the pool, and a scope of a program's token.
  contract = jsondecode(file("${path.module}/../shared/contract/roles.json"))

  # Where people sign in. Empty with demo = true.
  sign_in_page = var.demo ? "" : "https://${aws_cognito_user_pool_domain.main[0].domain}.auth.${var.aws_region}.amazoncognito.com"
  sign_in = {
    issuer    = var.demo ? "" : "https://${aws_cognito_user_pool.main[0].endpoint}"
    client_id = var.demo ? "" : aws_cognito_user_pool_client.page[0].id
  }
}

resource "aws_cognito_user_pool" "main" {
  count = var.demo ? 0 : 1

  name = local.name
  # The cheapest tier with pages in Spanish; the first 10,000 people a month cost nothing. Threat protection is PLUS.
  user_pool_tier      = "ESSENTIALS"
  deletion_protection = local.deletion_protection ? "ACTIVE" : "INACTIVE"

  # The user name is the person's e-mail address. As an alias of an invented name it would not be in access tokens,
  # and so not in the directory's history.
  auto_verified_attributes = ["email"]

  username_configuration { case_sensitive = false }

  # No self-registration: an administrator invites.
  admin_create_user_config {
    allow_admin_create_user_only = true

    invite_message_template {
      email_subject = "Su acceso al directorio / Your access to the directory"
      email_message = "Entre en ${local.page_url} como {username}. Contraseña temporal / Sign in there as {username}. Temporary password:<br><br>{####}<br>"
      # The provider requires one; the directory has no telephone numbers.
      sms_message = "{username} {####}"
    }
  }

  # Length matters most (NIST SP 800-63B); passwords do not expire.
  password_policy {
    minimum_length                   = 12
    require_lowercase                = true
    require_uppercase                = true
    require_numbers                  = true
    require_symbols                  = true
    password_history_size            = 5
    temporary_password_validity_days = 3
  }

  mfa_configuration = coalesce(var.mfa_required, var.environment == "production") ? "ON" : "OPTIONAL"

  software_token_mfa_configuration { enabled = true }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  # A new address is used only after its owner has confirmed it.
  user_attribute_update_settings {
    attributes_require_verification_before_update = ["email"]
  }
}

resource "aws_cognito_user_group" "role" {
  for_each = var.demo ? {} : local.contract.roles

  name         = each.key
  description  = each.value
  user_pool_id = aws_cognito_user_pool.main[0].id
}

resource "aws_cognito_resource_server" "directory" {
  count = var.demo ? 0 : 1

  identifier = local.contract.resource_server
  # Cognito allows letters, digits, spaces and +=,.@- here, and no apostrophe.
  name         = "APIs of the directory"
  user_pool_id = aws_cognito_user_pool.main[0].id

  dynamic "scope" {
    for_each = local.contract.roles

    content {
      scope_name        = scope.key
      scope_description = scope.value
    }
  }
}

resource "aws_cognito_user_pool_domain" "main" {
  count = var.demo ? 0 : 1

  # Unique in the region, among all accounts.
  domain                = "${local.name}-${data.aws_caller_identity.current.account_id}"
  user_pool_id          = aws_cognito_user_pool.main[0].id
  managed_login_version = 2
}

# The look of the sign-in page: without one, version 2 shows an error. Provider 5 has no resource for it.
resource "aws_cloudcontrolapi_resource" "page_style" {
  count = var.demo ? 0 : 1

  type_name = "AWS::Cognito::ManagedLoginBranding"
  desired_state = jsonencode({
    UserPoolId               = aws_cognito_user_pool.main[0].id
    ClientId                 = aws_cognito_user_pool_client.page[0].id
    UseCognitoProvidedValues = true
  })
}

# The page, through bff_app: a confidential client, so that a copied code or refresh token is worth nothing without our
# secret, and with PKCE all the same.
resource "aws_cognito_user_pool_client" "page" {
  count = var.demo ? 0 : 1

  name            = "${local.name}-page"
  user_pool_id    = aws_cognito_user_pool.main[0].id
  generate_secret = true

  supported_identity_providers         = ["COGNITO"]
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["code"]
  # The last one lets a person set up an authenticator app. bff_app asks for it in a sign-in of its own, and refuses a
  # session's token that has it.
  allowed_oauth_scopes = ["openid", "email", "profile", "aws.cognito.signin.user.admin"]
  callback_urls        = ["${local.page_url}/sesion/vuelta"]
  logout_urls          = ["${local.page_url}/"]
  # No password passes through our code: the pool's API flows that take one are off. Cognito refuses rotation beside
  # ALLOW_REFRESH_TOKEN_AUTH, and substitutes its defaults for an empty list; this one does nothing without a trigger.
  explicit_auth_flows = ["ALLOW_CUSTOM_AUTH"]
  # The history names people by their address, so they cannot change it.
  write_attributes = ["name"]

  # "No such user" and "wrong password" get the same answer.
  prevent_user_existence_errors = "ENABLED"
  enable_token_revocation       = true

  # Each refresh token is used once. The old one is accepted a little longer, for an answer that got lost.
  refresh_token_rotation {
    feature                    = "ENABLED"
    retry_grace_period_seconds = 30
  }

  # Authorizers accept a token until it expires: a removed person keeps access for this long. AWS's minimum.
  access_token_validity = 5
  id_token_validity     = 5
  # A day's work; then the password again.
  refresh_token_validity = 12

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "hours"
  }
}

# bff_app reads it when a person signs in or a session is renewed. Terraform's state contains it in any case
# (docs/security.md, At rest).
resource "aws_ssm_parameter" "page_client_secret" {
  count = var.demo ? 0 : 1

  name        = "/${local.name}/page-client-secret"
  description = "The secret of the user pool's client for the page"
  type        = "SecureString"
  key_id      = local.has_key ? aws_kms_key.main[0].arn : null
  value       = aws_cognito_user_pool_client.page[0].client_secret
}

# Programs. AWS asks 6 dollars a month for each, and for each thousand of tokens.
resource "aws_cognito_user_pool_client" "machine" {
  for_each = var.demo ? {} : var.machine_clients

  name            = "${local.name}-${each.key}"
  user_pool_id    = aws_cognito_user_pool.main[0].id
  generate_secret = true

  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["client_credentials"]
  allowed_oauth_scopes                 = ["${local.contract.resource_server}/${each.value}"]
  # Never used: for an empty list Cognito substitutes its own defaults, which include password flows.
  explicit_auth_flows           = ["ALLOW_REFRESH_TOKEN_AUTH"]
  enable_token_revocation       = true
  prevent_user_existence_errors = "ENABLED"

  access_token_validity = 60

  token_validity_units { access_token = "minutes" }

  # The scopes must be there first.
  depends_on = [aws_cognito_resource_server.directory]
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  for_each = var.demo ? {} : aws_apigatewayv2_api.app

  api_id           = each.value.id
  name             = "sign-in"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer = local.sign_in.issuer
    audience = concat(
      [local.sign_in.client_id],
      [for client in aws_cognito_user_pool_client.machine : client.id],
    )
  }

  # demo = true: AWS deletes no authorizer that a route still uses.
  lifecycle { create_before_destroy = true }
}
