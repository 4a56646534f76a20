using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Nonet.Files;

namespace Nonet.Recipes.Yaml;

/// <summary>A key of a record, as its property declares it.</summary>
/// <param name="Name">Name in snake case.</param>
/// <param name="Type">Type of the property; for a nullable number, the number.</param>
/// <param name="IsRequired">Whether it must be set.</param>
/// <param name="IsNullable">Whether null is allowed.</param>
/// <param name="Option">Meaning and range.</param>
sealed record RecipeKey(string Name, Type Type, bool IsRequired, bool IsNullable, OptionAttribute Option);

/// <summary>Keys of the records of recipes, read from the metadata of System.Text.Json's source generator.</summary>
static class RecipeKeys
{
    /// <summary>Keys of a record, in order.</summary>
    public static IReadOnlyList<RecipeKey> Of(JsonTypeInfo type) =>
    [
        .. from property in type.Properties
           where property.Get is not null && property.Set is not null
           let value = Nullable.GetUnderlyingType(property.PropertyType)
           let option = OptionOf(property)
           let isNullable = value is not null || (!property.PropertyType.IsValueType && property.IsSetNullable)
           select new RecipeKey(property.Name, value ?? property.PropertyType, property.IsRequired || option.Needed, isNullable, option),
    ];

    /// <summary>Names of an enumeration that an option accepts.</summary>
    public static IReadOnlyList<string> Choices(Type type, OptionAttribute option)
    {
        var json = RecipeJson.TypeOf(type)!;
        return option.Choices ?? [.. Enum.GetNames(type).Select(name => JsonSerializer.SerializeToNode(Enum.Parse(type, name), json)!.GetValue<string>())];
    }

    /// <summary>Description of the expected values.</summary>
    public static string Expected(RecipeKey key)
    {
        var expected = key.Option.Expected ?? Expected(key.Type, key.Option);
        return key.IsNullable ? $"{expected}, or null" : expected;
    }

    /// <summary>Description of the expected values of a type, or of an item of a list.</summary>
    public static string Expected(Type type, OptionAttribute option) =>
        RecipeJson.TypeOf(type) is { Kind: JsonTypeInfoKind.Enumerable } list ? list.ElementType == typeof(string) ? "a list of texts" : "a list of numbers"
        : type == typeof(bool) ? "true or false"
        : type == typeof(string) ? option.Choices is { } texts ? $"one of {string.Join(", ", texts)}" : "a text"
        : type == typeof(ulong) ? "a whole number from 0 to 2^64 - 1"
        : type.IsEnum ? $"one of {string.Join(", ", Choices(type, option))}"
        : Range(type == typeof(int) ? "a whole number" : "a number", option);

    static string Range(string number, OptionAttribute option)
    {
        var (low, high) = (Math.Max(option.Least, option.Above), Math.Min(option.Most, option.Below));
        var (open, closed) = (option.Above >= option.Least, option.Below <= option.Most);
        return (double.IsFinite(low), double.IsFinite(high)) switch
        {
            (false, false) => number,
            (true, false) => open ? string.Create(CultureInfo.InvariantCulture, $"{number} above {low}")
                : string.Create(CultureInfo.InvariantCulture, $"{number} of at least {low}"),
            (false, true) => closed ? string.Create(CultureInfo.InvariantCulture, $"{number} below {high}")
                : string.Create(CultureInfo.InvariantCulture, $"{number} of at most {high}"),
            _ when number == "a whole number" => string.Create(CultureInfo.InvariantCulture, $"{number} from {low} to {high}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{number} in {(open ? "(" : "[")}{low}, {high}{(closed ? ")" : "]")}"),
        };
    }

    /// <summary>Whether a number is in the range of an option.</summary>
    public static bool IsAllowed(double x, OptionAttribute option) =>
        double.IsFinite(x) && x >= option.Least && x <= option.Most && x > option.Above && x < option.Below;

    /// <summary>Throws an <see cref="ArgumentException"/> that names the first number out of range, for options that are created in code.</summary>
    /// <param name="type">Type of the options.</param>
    /// <param name="options">The record.</param>
    /// <param name="path">Key of the record; "" for the root.</param>
    public static void Check(JsonTypeInfo type, object options, string path = "")
    {
        foreach (var property in type.Properties.Where(p => p.Get is not null && p.Set is not null))
        {
            var (key, option) = (YamlReader.Join(path, property.Name), OptionOf(property));
            var value = property.Get!(options);
            if (value is int or double && !IsAllowed(Convert.ToDouble(value, CultureInfo.InvariantCulture), option))
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{key} is {value}; expected {Expected(value.GetType(), option)}"));
            if (value is not null && RecipeJson.TypeOf(value.GetType()) is { Kind: JsonTypeInfoKind.Object } inner)
                Check(inner, value, key);
        }
    }

    static OptionAttribute OptionOf(JsonPropertyInfo property) =>
        property.AttributeProvider?.GetCustomAttributes(typeof(OptionAttribute), inherit: true) is [OptionAttribute option, ..] ? option
        : throw new InvalidOperationException($"{property.DeclaringType.Name}.{property.Name} has no [Option]");
}
