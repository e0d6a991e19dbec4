"""What has had its time goes: rules of the policy, held back where something must stay."""
