using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Nonet.Recipes.Yaml;

/// <summary>
/// How a record stands in YAML: a line a property, which reads, checks and writes it. A key that is not among them is an error; one that is left out keeps the
/// record's default.
/// </summary>
/// <param name="defaults">The record that an empty section gives.</param>
sealed class Section<T>(Func<T> defaults) where T : class
{
    readonly List<Field> fields = [];

    sealed record Field(string Name, Func<T, YamlValue, T> Read, Func<T, YamlNode> Write, string? Required);

    /// <summary>A property of any kind.</summary>
    /// <param name="name">Its key.</param>
    /// <param name="read">The record with the value that stands there.</param>
    /// <param name="write">The value as YAML.</param>
    /// <param name="required">What is expected where the key is left out; null: it may be.</param>
    public Section<T> Add(string name, Func<T, YamlValue, T> read, Func<T, YamlNode> write, string? required = null)
    {
        fields.Add(new Field(name, read, write, required));
        return this;
    }

    public Section<T> Whole(string name, Func<T, long> get, Func<T, int, T> set, int least = 0, int most = int.MaxValue, bool required = false)
    {
        var expected = WholeNumber(least, most);
        return Add(name, (t, v) => set(t, (int)v.Whole(expected, least, most)), t => YamlText.Number(get(t)), required ? expected : null);
    }

    /// <summary>A whole number, or null for off or for what is computed.</summary>
    public Section<T> WholeOrNull(string name, Func<T, int?> get, Func<T, int?, T> set, int least = 0, int most = int.MaxValue)
    {
        var expected = $"{WholeNumber(least, most)}, or null";
        return Add(name, (t, v) => set(t, v.IsNull ? null : (int)v.Whole(expected, least, most)), t => get(t) is { } n ? YamlText.Number(n) : YamlText.Null);
    }

    public Section<T> Seed(string name, Func<T, ulong> get, Func<T, ulong, T> set) =>
        Add(name, (t, v) => set(t, v.Seed("a whole number from 0 to 2^64 - 1")), t => YamlText.Plain(get(t).ToString(CultureInfo.InvariantCulture)));

    public Section<T> Number(string name, Func<T, double> get, Func<T, double, T> set, string expected, Func<double, bool> allowed) =>
        Add(name, (t, v) => set(t, v.Number(expected, allowed)), t => YamlText.Number(get(t)));

    public Section<T> NumberOrNull(string name, Func<T, double?> get, Func<T, double?, T> set, string expected, Func<double, bool> allowed) =>
        Add(name, (t, v) => set(t, v.IsNull ? null : v.Number($"{expected}, or null", allowed)), t => get(t) is { } x ? YamlText.Number(x) : YamlText.Null);

    public Section<T> Flag(string name, Func<T, bool> get, Func<T, bool, T> set) => Add(name, (t, v) => set(t, v.Flag()), t => YamlText.Plain(get(t) ? "true" : "false"));

    public Section<T> Text(string name, Func<T, string> get, Func<T, string, T> set, string expected = "a text") => Add(name, (t, v) => set(t, v.Text(expected)), t => YamlText.Of(get(t)));

    public Section<T> TextOrNull(string name, Func<T, string?> get, Func<T, string?, T> set, string expected = "a text, or null") =>
        Add(name, (t, v) => set(t, v.IsNull ? null : v.Text(expected)), t => get(t) is { } text ? YamlText.Of(text) : YamlText.Null);

    /// <summary>One of a few names.</summary>
    public Section<T> Choice<TEnum>(string name, Func<T, TEnum> get, Func<T, TEnum, T> set, params (string Name, TEnum Value)[] choices) where TEnum : struct, Enum =>
        Add(name,
            (t, v) =>
            {
                var expected = $"one of {string.Join(", ", choices.Select(c => c.Name))}";
                var text = v.Text(expected);
                return set(t, Array.Find(choices, c => c.Name == text) is { Name: not null } choice ? choice.Value : throw v.Wrong(expected));
            },
            t => YamlText.Plain(Array.Find(choices, c => EqualityComparer<TEnum>.Default.Equals(c.Value, get(t))).Name));

    /// <summary>A record within the record.</summary>
    public Section<T> Nested<TInner>(string name, Section<TInner> section, Func<T, TInner> get, Func<T, TInner, T> set) where TInner : class =>
        Add(name, (t, v) => set(t, section.Read(v, get(t))), t => section.Write(get(t)));

    /// <summary>The same but for some keys, which are then not known.</summary>
    public Section<T> Without(params ReadOnlySpan<string> names)
    {
        var rest = new Section<T>(defaults);
        foreach (var field in fields)
        {
            if (!names.Contains(field.Name))
                rest.fields.Add(field);
        }
        return rest;
    }

    /// <summary>The record that a mapping gives.</summary>
    /// <param name="value">The mapping; null in YAML is an empty one.</param>
    /// <param name="start">What keys that are left out keep; null: the defaults.</param>
    public T Read(YamlValue value, T? start = null)
    {
        var result = start ?? defaults();
        var seen = new HashSet<string>();
        if (!value.IsNull)
        {
            foreach (var (name, keyNode, inner) in value.Fields($"keys such as {string.Join(", ", fields.Take(3).Select(f => f.Name))}"))
            {
                var field = fields.Find(f => f.Name == name) ?? throw Unknown(value, name, keyNode);
                result = field.Read(result, inner);
                seen.Add(name);
            }
        }
        if (fields.Find(f => f.Required is not null && !seen.Contains(f.Name)) is { } missing)
            throw new RecipeException($"{value.At}: {(value.Key.Length == 0 ? "" : value.Key + ".")}{missing.Name}: found nothing; expected {missing.Required}");
        return result;
    }

    /// <summary>Every property, those at their defaults included.</summary>
    public YamlMappingNode Write(T record)
    {
        var mapping = new YamlMappingNode();
        foreach (var field in fields)
            mapping.Add(field.Name, field.Write(record));
        return mapping;
    }

    RecipeException Unknown(YamlValue section, string name, YamlNode keyNode)
    {
        var path = section.Key.Length == 0 ? name : $"{section.Key}.{name}";
        return new RecipeException($"{section.Source.At(keyNode)}: {path}: found a key that is not known; expected one of the keys of {(section.Key.Length == 0 ? "a recipe" : section.Key)}"
            + $"{(Nearest.Of(name, [.. fields.Select(f => f.Name)]) is { } nearest ? $", the nearest is {nearest}" : "")} (all: {string.Join(", ", fields.Select(f => f.Name))})");
    }

    static string WholeNumber(int least, int most) => most == int.MaxValue
        ? string.Create(CultureInfo.InvariantCulture, $"a whole number of at least {least}")
        : string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}");
}
