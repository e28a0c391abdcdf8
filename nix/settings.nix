# The settings of the programs as options, read from their JSON Schema, so that the two cannot differ.
{ lib }:

let
  schema = lib.importJSON ../schema/kapso-whatsapp.schema.json;

  # Every key of the configuration: { section, name, key, env, schema }. `section` is null at the top level.
  keys = lib.concatLists (
    lib.mapAttrsToList (
      name: value:
      if value ? properties then
        lib.mapAttrsToList (leaf: keyOf name leaf) value.properties
      else
        lib.optional (value ? x-env) (keyOf null name value)
    ) schema.properties
  );

  keyOf = section: name: value: {
    inherit section name;
    key = if section == null then name else "${section}.${name}";
    env = value.x-env;
    schema = value;
  };

  isSecret = key: key.schema.x-secret or false;
  isSecretFile = key: key.schema ? x-file-of;
  isSetting = key: !isSecret key && !isSecretFile key;

  path = key: lib.optional (key.section != null) key.section ++ [ key.name ];

  # The credential that the program looks for: `webhook.verifyToken` is `webhook-verify-token`.
  credentialName =
    key:
    let
      dashed =
        character:
        if character == "." then
          "-"
        else if lib.toLower character != character then
          "-${lib.toLower character}"
        else
          character;
    in
    lib.concatMapStrings dashed (lib.stringToCharacters key.key);

  # Nix matches whole strings by POSIX rules. The schema's other expressions are translated. A pattern that still has a
  # backslash is left to the check of the rendered file.
  stringType =
    {
      pattern ? ".*",
      x-expected ? null,
      ...
    }:
    let
      posix =
        lib.replaceStrings
          [
            "[^/?#@\\s]"
            "[^\\s?#]"
            "[^?#@\\s]"
            "[^:/\\[\\]\\s]"
            "\\["
            "\\]"
            "\\d"
            "\\."
          ]
          [
            "[^/?#@[:space:]]"
            "[^[:space:]?#]"
            "[^?#@[:space:]]"
            "[^]:/[[:space:]]"
            "[[]"
            "]"
            "[0-9]"
            "[.]"
          ]
          pattern;
      anchored = lib.hasPrefix "^" posix && lib.hasSuffix "$" posix;
    in
    if pattern == "\\S" then
      lib.types.nonEmptyStr
    else if anchored && !lib.hasInfix "\\" posix then
      lib.types.strMatching posix
      // lib.optionalAttrs (x-expected != null) { description = "string: ${x-expected}"; }
    else
      lib.types.str;

  typeOf =
    value:
    if value ? enum then
      lib.types.enum value.enum
    else if value.type == "integer" then
      lib.types.ints.between value.minimum value.maximum
    else if value.type == "boolean" then
      lib.types.bool
    else
      stringType value;

  optionOf =
    {
      key,
      env,
      schema,
      ...
    }:
    let
      type = typeOf schema;
      unit = lib.optionalString (schema ? x-unit) " In ${schema.x-unit}.";
      note = lib.optionalString (notes ? ${key}) " ${notes.${key}}";
    in
    lib.mkOption {
      type = if schema ? default then type else lib.types.nullOr type;
      default = schema.default or null;
      example = lib.head schema.examples;
      description = "${schema.description}${unit}${note} Variable: `${env}`.";
    };

  # Settings whose default a module changes.
  notes = {
    "state.dir" = "In NixOS it is `/var/lib/kapso-whatsapp`, or another directory below `/var/lib`.";
    "gateway.url" = "With `services.openclaw-gateway` in NixOS its port is the default.";
    "webhook.listen" = "With `nginx.enable` or `caddy.enable` the default is `127.0.0.1:18790`.";
  };

  at = f: lib.foldl' (all: key: lib.recursiveUpdate all (lib.setAttrByPath (path key) (f key))) { };
  # The name nearest to one that is unknown.
  suggest =
    names: given:
    let
      distance = lib.strings.levenshtein given;
      near = lib.sort (a: b: distance a < distance b) (lib.filter (name: distance name <= 2) names);
    in
    lib.optionalString (near != [ ]) " Did you mean ${lib.head near}?";
in
{
  inherit path;

  # The unknown keys: [ { key; meant; } ], with the key as it was given.
  unknown =
    settings:
    let
      known = lib.mapAttrs (_: _: true) schema.properties // at (_: true) keys;
      within =
        prefix: known: value:
        lib.concatLists (
          lib.mapAttrsToList (
            name: inner:
            let
              key = "${prefix}${name}";
            in
            if !(known ? ${name}) then
              lib.singleton {
                inherit key;
                meant = suggest (map (other: "${prefix}${other}") (lib.attrNames known)) key;
              }
            else if lib.isAttrs known.${name} && lib.isAttrs inner then
              within "${key}." known.${name} inner
            else
              [ ]
          ) value
        );
    in
    within "" known settings;

  # { <section>.<name> = option; }
  options = at optionOf (lib.filter isSetting keys);

  # Every secret, with its credential and the setting that names its file.
  secrets = map (
    key:
    key
    // {
      credential = credentialName key;
      filePath = path (key // { name = "${key.name}File"; });
    }
  ) (lib.filter isSecret keys);

  # What the file of settings must not hold: secrets, which would be in the store, and the files that the modules name
  # themselves.
  secretKeys = lib.filter isSecret keys;
  secretFileKeys = lib.filter isSecretFile keys;

  # The settings that differ from the defaults, for the file: { kapso.phoneNumberId = "…"; }. Unknown keys are left
  # out. Assertions refuse them, but a build of one unit alone does not look at the assertions, and by then a secret
  # would be in the store.
  render =
    settings:
    let
      defaults = at (key: key.schema.default or null) (lib.filter isSetting keys);
      differs = known: name: value: known ? ${name} && value != null && value != known.${name};
      section =
        name: value:
        if lib.isAttrs value && lib.isAttrs (defaults.${name} or null) then
          lib.filterAttrs (differs defaults.${name}) value
        else
          value;
    in
    lib.filterAttrs (_: value: value != { }) (
      lib.mapAttrs section (lib.filterAttrs (differs defaults) settings)
    );
}
