namespace Nonet.Models;

/// <summary>What the fields of a configuration must satisfy before a model is built from it.</summary>
public static class ConfigRules
{
    /// <summary>Throws a <see cref="ConfigException"/> where the configuration makes no model.</summary>
    public static void Check(this GptConfig config)
    {
        const string Name = nameof(GptConfig);
        AtLeastOne(Name, nameof(config.Vocab), config.Vocab);
        AtLeastOne(Name, nameof(config.Context), config.Context);
        AtLeastOne(Name, nameof(config.Layers), config.Layers);
        AtLeastOne(Name, nameof(config.Width), config.Width);
        AtLeastOne(Name, nameof(config.Heads), config.Heads);
        Divides(Name, nameof(config.Width), config.Width, nameof(config.Heads), config.Heads);
        Positive(Name, nameof(config.Epsilon), config.Epsilon);
        if (!(config.Dropout is >= 0 and < 1))
            throw Wrong(Name, nameof(config.Dropout), config.Dropout, "at least 0 and below 1");
    }

    /// <summary>Throws a <see cref="ConfigException"/> where the configuration makes no model.</summary>
    public static void Check(this LlamaConfig config)
    {
        const string Name = nameof(LlamaConfig);
        AtLeastOne(Name, nameof(config.Vocab), config.Vocab);
        AtLeastOne(Name, nameof(config.Context), config.Context);
        AtLeastOne(Name, nameof(config.Layers), config.Layers);
        AtLeastOne(Name, nameof(config.Width), config.Width);
        AtLeastOne(Name, nameof(config.Heads), config.Heads);
        AtLeastOne(Name, nameof(config.KvHeads), config.KvHeads);
        AtLeastOne(Name, nameof(config.Hidden), config.Hidden);
        Divides(Name, nameof(config.Heads), config.Heads, nameof(config.KvHeads), config.KvHeads);
        if (config.HeadWidth is { } given)
            AtLeastOne(Name, nameof(config.HeadWidth), given);
        else
            Divides(Name, nameof(config.Width), config.Width, nameof(config.Heads), config.Heads);
        var headWidth = config.HeadWidth ?? config.Width / config.Heads;
        if (headWidth % 2 != 0)
            throw Wrong(Name, nameof(config.HeadWidth), headWidth, "an even number, because rotary embedding turns pairs; set Width and Heads, or HeadWidth, accordingly");
        Positive(Name, nameof(config.Epsilon), config.Epsilon);
        if (!(config.RopeBase > 1 && double.IsFinite(config.RopeBase)))
            throw Wrong(Name, nameof(config.RopeBase), config.RopeBase, "a finite number above 1");
        if (!Enum.IsDefined(config.RopeLayout))
            throw Wrong(Name, nameof(config.RopeLayout), config.RopeLayout, "HalfSplit or Interleaved");
    }

    static void AtLeastOne(string config, string field, int value)
    {
        if (value < 1)
            throw Wrong(config, field, value, "at least 1");
    }

    static void Positive(string config, string field, float value)
    {
        if (!(value > 0 && float.IsFinite(value)))
            throw Wrong(config, field, value, "a finite number above 0");
    }

    static void Divides(string config, string field, int value, string divisorField, int divisor)
    {
        if (value % divisor != 0)
            throw Wrong(config, field, value, $"a multiple of {divisorField}, which is {divisor}");
    }

    static ConfigException Wrong(string config, string field, object found, string expected) =>
        new(FormattableString.Invariant($"{config}.{field} is {found}; expected {expected}"));
}
