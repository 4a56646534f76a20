using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nonet.Recipes.Yaml;

/// <summary>One value of a recipe: read it as what it must be, or throw a <see cref="RecipeException"/> that says where it stands and what it is.</summary>
/// <param name="Source">The file.</param>
/// <param name="Key">Its path, such as training.steps.</param>
/// <param name="Node">The value.</param>
readonly record struct YamlValue(YamlSource Source, string Key, YamlNode Node)
{
    public string At => Source.At(Node);

    /// <summary>Plain null, ~ or nothing at all.</summary>
    public bool IsNull => Node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "null" or "~" };

    public bool IsMapping => Node is YamlMappingNode;

    public RecipeException Wrong(string expected) => new($"{At}: {Key}: found {YamlSource.Describe(Node)}; expected {expected}");

    public long Whole(string expected, long least, long most) =>
        Plain is { } text && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most ? n : throw Wrong(expected);

    public ulong Seed(string expected) => Plain is { } text && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : throw Wrong(expected);

    public double Number(string expected, Func<double, bool> allowed) =>
        Plain is { } text && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var x) && double.IsFinite(x) && allowed(x) ? x : throw Wrong(expected);

    public bool Flag() => Plain switch { "true" => true, "false" => false, _ => throw Wrong("true or false") };

    public string Text(string expected) => !IsNull && Node is YamlScalarNode { Value: { } text } ? text : throw Wrong(expected);

    public IEnumerable<YamlValue> Items(string expected)
    {
        if (Node is not YamlSequenceNode list)
            throw Wrong(expected);
        for (var i = 0; i < list.Children.Count; i++)
            yield return new YamlValue(Source, string.Create(CultureInfo.InvariantCulture, $"{Key}.{i}"), list.Children[i]);
    }

    /// <summary>The values of a mapping by key, in the order of the file.</summary>
    public IEnumerable<(string Name, YamlNode KeyNode, YamlValue Value)> Fields(string expected)
    {
        if (Node is not YamlMappingNode mapping)
            throw Wrong(expected);
        foreach (var (key, value) in mapping.Children)
        {
            var name = key is YamlScalarNode { Value: { } text } ? text : throw new RecipeException($"{Source.At(key)}: found {YamlSource.Describe(key)} as a key; expected a name");
            yield return (name, key, new YamlValue(Source, Key.Length == 0 ? name : $"{Key}.{name}", value));
        }
    }

    /// <summary>The text of a scalar without quotation marks; null for anything else.</summary>
    string? Plain => Node is YamlScalarNode { Style: ScalarStyle.Plain, Value: { Length: > 0 } text } ? text : null;
}
