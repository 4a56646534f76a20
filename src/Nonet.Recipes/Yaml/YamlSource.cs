using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Nonet.Recipes.Yaml;

/// <summary>A YAML file as nodes, with the overrides of --set put in; knows where each node stands.</summary>
sealed class YamlSource
{
    readonly Dictionary<YamlNode, string> overrides = new(ReferenceEqualityComparer.Instance);

    YamlSource(string file, YamlMappingNode root) => (File, Root) = (file, root);

    public string File { get; }
    public YamlMappingNode Root { get; }

    /// <param name="file">The file's name, for messages.</param>
    /// <param name="text">Its content: one document, a mapping.</param>
    /// <param name="overrides">Each key=value, the key a path like training.steps.</param>
    public static YamlSource Parse(string file, string text, IEnumerable<string> overrides)
    {
        var stream = Load(file, text, line: e => string.Create(CultureInfo.InvariantCulture, $"{file}:{e.Start.Line}"));
        if (stream.Documents is not [{ RootNode: YamlMappingNode root }])
        {
            var found = stream.Documents.Count switch { 0 => "nothing", 1 => Describe(stream.Documents[0].RootNode), var n => $"{n} documents" };
            throw new RecipeException($"{file}: found {found}; expected one document of keys and values, such as model: and training:");
        }
        var source = new YamlSource(file, root);
        foreach (var one in overrides)
            source.Override(one);
        return source;
    }

    /// <summary>"recipe.yaml:12", or "--set a.b=c" for what was overridden.</summary>
    public string At(YamlNode node) => overrides.TryGetValue(node, out var set) ? set : string.Create(CultureInfo.InvariantCulture, $"{File}:{node.Start.Line}");

    /// <summary>What a node holds, for messages.</summary>
    public static string Describe(YamlNode node) => node switch
    {
        YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "null" or "~" } => "nothing",
        YamlScalarNode scalar => $"'{(scalar.Value is { Length: > 60 } text ? text[..60] + "…" : scalar.Value)}'",
        YamlSequenceNode => "a list",
        _ => "keys and values",
    };

    static YamlStream Load(string file, string text, Func<YamlException, string> line)
    {
        try
        {
            var stream = new YamlStream();
            var parser = new BoundedParser(new StringReader(text));
            try
            {
                stream.Load(parser);
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException) // the library's own, for some malformed texts
            {
                var (start, end) = parser.Current is { } at ? (at.Start, at.End) : (Mark.Empty, Mark.Empty);
                throw new YamlException(start, end, $"a text that cannot be parsed ({e.Message})", e);
            }
            return stream;
        }
        catch (YamlException e)
        {
            throw new RecipeException($"{line(e)}: not YAML: {e.Message}", e);
        }
    }

    void Override(string assignment)
    {
        var name = assignment.Length <= 200 ? $"--set {assignment}" : $"--set {assignment[..200]}...";
        var equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1)
            throw new RecipeException($"{name}: found no key and value; expected KEY=VALUE, such as training.steps=100");
        var stream = Load(File, assignment[(equals + 1)..], _ => name);
        var value = stream.Documents.Count == 0 ? YamlText.Null : stream.Documents[0].RootNode;
        Remember(value, name);
        var path = assignment[..equals].Split('.');
        YamlNode at = Root;
        for (var i = 0; i < path.Length; i++)
        {
            var last = i == path.Length - 1;
            at = at switch
            {
                YamlMappingNode mapping => Enter(mapping, path[i], last ? value : null, name),
                YamlSequenceNode list => Enter(list, path[i], last ? value : null, name, string.Join('.', path[..i])),
                _ => throw new RecipeException($"{name}: {string.Join('.', path[..i])} is {Describe(at)}, which has no keys; expected a key of the recipe"),
            };
        }
    }

    YamlNode Enter(YamlMappingNode mapping, string key, YamlNode? value, string name)
    {
        var node = value;
        if (node is null && mapping.Children.TryGetValue(key, out var there) && there is not YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "null" or "~" })
            return there;
        node ??= new YamlMappingNode();
        Remember(node, name);
        mapping.Children.Remove(key);
        var keyNode = new YamlScalarNode(key);
        Remember(keyNode, name);
        mapping.Children.Add(keyNode, node);
        return node;
    }

    YamlNode Enter(YamlSequenceNode list, string key, YamlNode? value, string name, string path)
    {
        if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= list.Children.Count)
            throw new RecipeException($"{name}: {path} is a list; expected a number from 0 to {list.Children.Count - 1}, found '{key}'");
        return value is null ? list.Children[index] : list.Children[index] = value;
    }

    void Remember(YamlNode node, string name)
    {
        overrides[node] = name;
        if (node is YamlMappingNode mapping)
        {
            foreach (var (key, value) in mapping.Children)
            {
                Remember(key, name);
                Remember(value, name);
            }
        }
        else if (node is YamlSequenceNode list)
        {
            foreach (var item in list.Children)
                Remember(item, name);
        }
    }
}
