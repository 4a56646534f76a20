using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nonet.Recipes.Yaml;

/// <summary>Values as YAML that reads back as the same.</summary>
static partial class YamlText
{
    public static YamlScalarNode Null => Plain("null");

    public static YamlScalarNode Plain(string text) => new(text) { Style = ScalarStyle.Plain };

    public static YamlScalarNode Number(long n) => Plain(n.ToString(CultureInfo.InvariantCulture));

    public static YamlScalarNode Number(double x) => Plain(x.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e'));

    /// <summary>The double with the fewest digits that rounds to x: 1e-5, not 9.99999974738e-6.</summary>
    public static double Shortest(float x) => double.Parse(x.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>Plain where nothing but a text can be meant, else in quotation marks.</summary>
    public static YamlScalarNode Of(string text) => new(text) { Style = Unmistakable().IsMatch(text) && text is not ("null" or "true" or "false") ? ScalarStyle.Plain : ScalarStyle.DoubleQuoted };

    /// <summary>A mapping as the text of a file.</summary>
    public static string Save(YamlMappingNode root)
    {
        using var text = new StringWriter { NewLine = "\n" };
        new YamlStream(new YamlDocument(root)).Save(text, assignAnchors: false);
        var saved = text.ToString();
        return saved.EndsWith("...\n", StringComparison.Ordinal) ? saved[..^4] : saved;
    }

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_./-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Unmistakable();
}
