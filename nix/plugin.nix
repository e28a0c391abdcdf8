# What nix-openclaw takes from a flake that `programs.openclaw.customPlugins` names.
{ packages }:
{
  name = "kapso-whatsapp";

  # Copied to the store and added to OpenClaw's `skills.load.extraDirs`.
  skills = [ ../skills/kapso-whatsapp ];

  # On the PATH of the gateway and of the agent. The poller is a service of its own: the home-manager or NixOS module starts it.
  packages = [ packages.cli ];

  needs = {
    # `config.settings` is written to config.json in the first, where both programs look for their configuration.
    stateDirs = [ ".config/kapso-whatsapp" ];

    # A required variable must be the path of a file, and there is no "one of two". So to require KAPSO_API_KEY would refuse
    # KAPSO_API_KEY_FILE, which keeps the key out of the agent's environment; to require KAPSO_PHONE_NUMBER_ID would refuse the
    # plain number, and `settings.kapso.phoneNumberId`. The command line says what is missing, and by which names to give it.
    requiredEnv = [ ];
  };
}
