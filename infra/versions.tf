terraform {
  # 1.11 has write-only arguments.
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 5.100 is the version that is tested. The code avoids what 6 renamed or removed.
      version = ">= 5.100, < 7.0"
    }
  }

  # The state is kept beside these files, one workspace per environment. A team keeps it in a bucket: copy
  # backend.tf.example to backend.tf, fill in the bucket's name, and run `terraform -chdir=infra init -migrate-state` once.
}

provider "aws" {
  region = var.aws_region

  default_tags { tags = local.tags }
}

# CloudFront's firewalls and log deliveries must be in this region.
provider "aws" {
  alias  = "cloudfront"
  region = "us-east-1"

  default_tags { tags = local.tags }
}
