"""The same resources as code: CloudFormation and Terraform."""
