using System.Globalization;
using System.Text.Json.Nodes;

namespace Nonet.Recipes.Yaml;

/// <summary>The file of a recipe as JSON, with the overrides of --set applied. It knows the place and the original text of each value.</summary>
sealed class RecipeSource
{
    const int MostBytes = 1 << 20;
    readonly Dictionary<string, Place> places;

    RecipeSource(string file, JsonObject root, Dictionary<string, Place> places) => (File, Root, this.places) = (file, root, places);

    public string File { get; }
    public JsonObject Root { get; }

    /// <param name="file">A YAML file.</param>
    /// <param name="expected">Expected content, for messages.</param>
    /// <param name="overrides">Settings as key=value, where the key is a path like training.steps.</param>
    public static RecipeSource Load(string file, string expected, IEnumerable<string> overrides)
    {
        if (!System.IO.File.Exists(file))
            throw new FileNotFoundException($"{file}: found no such file; expected {expected}");
        if (new FileInfo(file).Length is > MostBytes and var bytes)
            throw new RecipeException(
                string.Create(CultureInfo.InvariantCulture, $"{file}: found {bytes:N0} bytes; expected {expected}, of at most {MostBytes:N0} bytes"));
        return Parse(file, System.IO.File.ReadAllText(file), overrides);
    }

    /// <param name="file">Name of the file, for messages.</param>
    /// <param name="text">Its content: one document, a mapping.</param>
    /// <param name="overrides">Settings as key=value.</param>
    public static RecipeSource Parse(string file, string text, IEnumerable<string> overrides)
    {
        var places = new Dictionary<string, Place>(StringComparer.Ordinal);
        var documents = YamlReader.Read(text, "", line => string.Create(CultureInfo.InvariantCulture, $"{file}:{line}"), places);
        if (documents is not [JsonObject root])
        {
            var found = documents.Count switch { 0 => "nothing", 1 => Describe(documents[0], places[""].Text), var n => $"{n} documents" };
            throw new RecipeException($"{file}: found {found}; expected one document of keys and values, such as model: and training:");
        }
        var source = new RecipeSource(file, root, places);
        foreach (var one in overrides)
            source.Override(one);
        return source;
    }

    /// <summary>Merges this file with another one, whose keys apply if this file lacks them.</summary>
    public RecipeSource Over(RecipeSource below)
    {
        var (root, all) = ((JsonObject)below.Root.DeepClone(), new Dictionary<string, Place>(below.places, StringComparer.Ordinal));
        foreach (var (key, value) in Root)
            Put(root, all, key, value, places, key);
        return new RecipeSource(File, root, all);
    }

    /// <summary>Replaces this file's keys by those of one of its sections.</summary>
    /// <param name="section">Path of the section, such as variants.1.</param>
    /// <param name="keys">Content of the section.</param>
    public RecipeSource With(string section, JsonObject keys)
    {
        var (root, all) = ((JsonObject)Root.DeepClone(), new Dictionary<string, Place>(places, StringComparer.Ordinal));
        foreach (var (key, value) in keys)
            Put(root, all, key, value, places, $"{section}.{key}");
        return new RecipeSource(File, root, all);
    }

    /// <summary>Sets a key with the places of its value and of all within it.</summary>
    static void Put(JsonObject root, Dictionary<string, Place> all, string key, JsonNode? value, Dictionary<string, Place> from, string path)
    {
        root[key] = value?.DeepClone();
        foreach (var inner in all.Keys.Where(k => IsIn(k, key)).ToArray())
            all.Remove(inner);
        foreach (var (inner, place) in from.Where(p => IsIn(p.Key, path)).ToArray())
            all[key + inner[path.Length..]] = place;

        static bool IsIn(string inner, string outer) =>
            inner.StartsWith(outer, StringComparison.Ordinal) && (inner.Length == outer.Length || inner[outer.Length] == '.');
    }

    /// <summary>Place of a value, or of the section that would contain it: "recipe.yaml:12", or "--set a.b=c" if it was overridden.</summary>
    public string At(string path) => Find(path).Value;

    /// <summary>Place of a key.</summary>
    public string KeyAt(string path) => Find(path).Key;

    /// <summary>Original text of a scalar; null for other values.</summary>
    public string? TextOf(string path) => places.TryGetValue(path, out var place) ? place.Text : null;

    /// <summary>An error about a value: its place, what was found and what was expected.</summary>
    public RecipeException Wrong(string path, JsonNode? found, string expected) =>
        new($"{At(path)}: {path}: found {Describe(found, TextOf(path))}; expected {expected}");

    /// <summary>
    /// Runs a check of the result. If it throws an <see cref="ArgumentException"/>, whose message begins with a key, the place of the key
    /// is added.
    /// </summary>
    public void Check(Action check)
    {
        try
        {
            check();
        }
        catch (ArgumentException e) when (e is not ArgumentNullException)
        {
            var key = e.Message[..Math.Max(0, e.Message.AsSpan().IndexOfAny(' ', ':'))];
            var place = places.TryGetValue(key, out var there) || places.TryGetValue($"training.{key}", out there) ? there.Value : File;
            throw new RecipeException($"{place}: {e.Message}", e);
        }
    }

    static string Describe(JsonNode? node, string? text) => node switch
    {
        null => "nothing",
        JsonArray => "a list",
        JsonObject => "keys and values",
        _ => Quoted(text ?? node.ToString()),
    };

    static string Quoted(string text) => text.Length > 60 ? $"'{text[..60]}…'" : $"'{text}'";

    Place Find(string path)
    {
        for (var at = path; ; at = at[..Math.Max(0, at.LastIndexOf('.'))])
        {
            if (places.TryGetValue(at, out var place))
                return place;
            if (at.Length == 0)
                return new Place(File, File, null);
        }
    }

    void Override(string assignment)
    {
        var name = assignment.Length <= 200 ? $"--set {assignment}" : $"--set {assignment[..200]}...";
        var equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1)
            throw new RecipeException($"{name}: found no key and value; expected KEY=VALUE, such as training.steps=100");
        var key = assignment[..equals];
        var documents = YamlReader.Read(assignment[(equals + 1)..], key, _ => name, places);
        if (documents.Count == 0)
            places[key] = new Place(name, name, null);
        var value = documents.Count == 0 ? null : documents[0];
        var names = key.Split('.');
        JsonNode? at = Root;
        for (var i = 0; i < names.Length; i++)
        {
            var (last, inner) = (i == names.Length - 1, string.Join('.', names[..(i + 1)]));
            if (at is JsonObject mapping)
            {
                if (last)
                    mapping[names[i]] = value;
                else if (mapping[names[i]] is null)
                    mapping[names[i]] = Section(inner, name);
                at = mapping[names[i]];
            }
            else if (at is JsonArray list)
            {
                var index = IndexOf(names[i], list, name, string.Join('.', names[..i]));
                if (last)
                    list[index] = value;
                else
                    list[index] ??= Section(inner, name);
                at = list[index];
            }
            else
            {
                var scalar = string.Join('.', names[..i]);
                throw new RecipeException($"{name}: {scalar} is {Describe(at, TextOf(scalar))}, which has no keys; expected a key of the recipe");
            }
        }
    }

    JsonObject Section(string path, string name)
    {
        places[path] = new Place(name, name, null);
        return [];
    }

    static int IndexOf(string key, JsonArray list, string name, string path) =>
        int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < list.Count ? index
            : throw new RecipeException($"{name}: {path} is a list; expected a number from 0 to {list.Count - 1}, found '{key}'");
}
