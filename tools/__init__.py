"""What surrounds the three apps: the local stack, and the deployment to AWS."""
