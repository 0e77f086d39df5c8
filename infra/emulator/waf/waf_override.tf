# Only for the AWS emulator: its firewall has no log.
resource "aws_wafv2_web_acl_logging_configuration" "main" {
  count = 0
}
