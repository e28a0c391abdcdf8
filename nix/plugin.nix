# What nix-openclaw takes from a flake in `programs.openclaw.customPlugins`.
{ packages }:
{
  name = "kapso-whatsapp";

  # Copied to the store and added to OpenClaw's `skills.load.extraDirs`.
  skills = [ ../skills/kapso-whatsapp ];

  # On the PATH of the gateway and of the agent. The poller is a service of its own, which the home-manager or NixOS
  # module starts.
  packages = [ packages.cli ];

  needs = {
    # nix-openclaw writes `config.settings` to config.json in the first directory, where both programs look for their
    # configuration.
    stateDirs = [ ".config/kapso-whatsapp" ];

    # nix-openclaw requires that a required variable is the path of a file, and it knows no "one of two". A required
    # KAPSO_API_KEY would refuse KAPSO_API_KEY_FILE, which keeps the key out of the agent's environment. A required
    # KAPSO_PHONE_NUMBER_ID would refuse the plain number and `settings.kapso.phoneNumberId`. The command line itself
    # says what is missing, and by which names to give it.
    requiredEnv = [ ];
  };
}
