using System.Globalization;
using Nonet.Models.Decoders;
using Nonet.Models.Layers;

namespace Nonet.Models;

/// <summary>Rules for the fields of a configuration. Each throws a <see cref="ConfigException"/> that names the field.</summary>
readonly struct ConfigRules(string config)
{
    public void AtLeastOne(string field, int value) => Between(field, value, ModelConfig.MostOfAnything);

    /// <summary>A number of layers is at least 1 and at most <see cref="ModelConfig.MostLayers"/>.</summary>
    public void Layers(string field, int value) => Between(field, value, ModelConfig.MostLayers);

    /// <summary>Heads of a given width: their total width is within the limit for all widths.</summary>
    public void Heads(string field, int heads, string widthField, int width)
    {
        if ((long)heads * width > ModelConfig.MostOfAnything)
            throw Wrong(field, heads,
                $"at most {ModelConfig.MostOfAnything / width}, so that {field} times {widthField}, which is {width}, is at most {ModelConfig.MostOfAnything}");
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
        new(string.Create(CultureInfo.InvariantCulture, $"{config}.{field} is {found}; expected {expected}"));
}
