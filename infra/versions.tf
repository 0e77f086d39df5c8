terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 5.100 is the one that is tested, and 5.98 the first with every argument used here (VPC origins, pool tiers);
      # the code avoids what 6 renamed or removed.
      version = ">= 5.100, < 7.0"
    }
  }

  # The state is kept beside these files, one workspace an environment, which suits one person. A team keeps it in a
  # bucket: copy backend.tf.example to backend.tf, fill in the bucket's name, and run once
  # `terraform -chdir=infra init -migrate-state`.
}

provider "aws" {
  region = var.aws_region

  default_tags {
    tags = local.tags
  }
}

# CloudFront's part of AWS: firewalls and log deliveries for it are made in this region, whatever the others'.
provider "aws" {
  alias  = "cloudfront"
  region = "us-east-1"

  default_tags {
    tags = local.tags
  }
}
