using Nonet.Models.Decoders;
using Nonet.Models.Layers;

namespace Nonet.Models;

/// <summary>What the fields of a configuration must satisfy; each throws a <see cref="ConfigException"/> that names the field.</summary>
readonly struct ConfigRules(string config)
{
    /// <summary>No count or width is larger: 16 M ids, tokens or features. Products of two of them still fit in a long, and four times a width in an int.</summary>
    public const int MostOfAnything = 1 << 24;

    /// <summary>Four times the deepest transformer in print: Wang et al. 2022, "DeepNet", has 1,000 layers.</summary>
    public const int MostLayers = 4096;

    public void AtLeastOne(string field, int value) => Between(field, value, MostOfAnything);

    /// <summary>A number of layers.</summary>
    public void Layers(string field, int value) => Between(field, value, MostLayers);

    /// <summary>Heads of a given width: all of them together are at most as wide as anything.</summary>
    public void Heads(string field, int heads, string widthField, int width)
    {
        if ((long)heads * width > MostOfAnything)
            throw Wrong(field, heads, $"at most {MostOfAnything / width}, so that {field} times {widthField}, which is {width}, is at most {MostOfAnything}");
    }

    void Between(string field, int value, int most)
    {
        if (value < 1)
            throw Wrong(field, value, "at least 1");
        if (value > most)
            throw Wrong(field, value, $"at most {most}");
    }

    public void AtLeastOne(string field, int? value)
    {
        if (value is { } given)
            AtLeastOne(field, given);
    }

    public void Positive(string field, float value)
    {
        if (!(value > 0 && float.IsFinite(value)))
            throw Wrong(field, value, "a finite number above 0");
    }

    public void Positive(string field, float? value)
    {
        if (value is { } given)
            Positive(field, given);
    }

    public void Share(string field, float value)
    {
        if (!(value is >= 0 and < 1))
            throw Wrong(field, value, "at least 0 and below 1");
    }

    public void Divides(string field, int value, string divisorField, int divisor)
    {
        if (value % divisor != 0)
            throw Wrong(field, value, $"a multiple of {divisorField}, which is {divisor}");
    }

    public void Even(string field, int headWidth)
    {
        if (headWidth % 2 != 0)
            throw Wrong(field, headWidth, "an even number, because rotary embedding turns pairs; set Width and Heads, or HeadWidth, accordingly");
    }

    public void Rope(double ropeBase, RopeLayout layout, RopeScaling? scaling, int width, string field = "RopeBase")
    {
        if (!(ropeBase > 1 && double.IsFinite(ropeBase)))
            throw Wrong(field, ropeBase, "a finite number above 1");
        if (!Enum.IsDefined(layout))
            throw Wrong("RopeLayout", layout, "HalfSplit or Interleaved");
        if (scaling?.Wrong(width) is { } wrong)
            throw new ConfigException($"{config}.RopeScaling: {wrong}");
    }

    public ConfigException Wrong(string field, object found, string expected) =>
        new(FormattableString.Invariant($"{config}.{field} is {found}; expected {expected}"));
}
