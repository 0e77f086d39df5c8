terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 5.30 is the first with every argument used here; the code avoids what 6 renamed or removed.
      version = ">= 5.30, < 7.0"
    }
  }

  # The state is kept beside these files, one workspace an environment, which suits one person. A team keeps it in a
  # bucket: copy backend.tf.example to backend.tf, fill in the bucket's name, and run once
  # `terraform -chdir=infra init -migrate-state`.
}

provider "aws" {
  region = var.aws_region

  default_tags {
    tags = merge(
      {
        Project     = var.project_name
        Environment = var.environment
        ManagedBy   = "terraform"
      },
      var.tags,
    )
  }
}
