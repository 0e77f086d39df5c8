mock_provider "aws" {
  source = "./tests/mocks"
}

run "limits" {
  command = plan

  module {
    source = "./waf"
  }

  variables {
    scope    = "CLOUDFRONT"
    settings = { name = "directory", requests_per_ip = 3000, requests_per_token = 1500, log_retention_days = 30 }
  }

  assert {
    condition = jsonencode({
      for rule in aws_wafv2_web_acl.main.rule : rule.name => [
        for limit in rule.statement[0].rate_based_statement : [limit.limit, [for key in limit.custom_key : try(key.cookie[0].name, key.header[0].name)]]
      ] if startswith(rule.name, "requests-")
      }) == jsonencode({
      requests-per-ip      = [[3000, []]]
      requests-per-session = [[1500, ["__Host-acceso"]]]
      requests-per-token   = [[1500, ["authorization"]]]
    })
    error_message = "an address, a browser's session and a program's token have a limit each"
  }
}
