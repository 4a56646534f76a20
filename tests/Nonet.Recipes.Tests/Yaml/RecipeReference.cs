using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Nonet.Data.Mixtures;
using Nonet.Recipes.Annotation;
using Nonet.Recipes.Mixtures;
using Nonet.Recipes.Scaling;
using Nonet.Recipes.Yaml;
using Nonet.Text;

namespace Nonet.Recipes.Tests.Yaml;

/// <summary>The tables of docs/recipes.md: every key that a recipe may have, from the records that declare them.</summary>
sealed class RecipeReference
{
    readonly StringBuilder text = new();
    readonly Dictionary<(Type, string), string> titles = [];
    readonly Queue<(string Title, JsonTypeInfo Type, RecipeForm Form, string Path)> next = [];

    RecipeReference()
    {
    }

    public static string Markdown()
    {
        var reference = new RecipeReference();
        foreach (var kind in TaskKind.All)
            reference.Add($"task: {kind.Name}", kind.Type, kind.Form, "");
        reference.Add("A mixture of instruction tasks", RecipeJson.TypeOf<MixtureOptions>(), MixtureFile.Form, "");
        reference.Add("An annotation with calls of tools", RecipeJson.TypeOf<AnnotateRecipe>(), AnnotateRecipe.Form, "");
        reference.Add("A sweep", RecipeJson.TypeOf<SweepRecipe>(), SweepRecipe.Form, "");
        return reference.text.ToString();
    }

    void Add(string title, JsonTypeInfo type, RecipeForm form, string path)
    {
        next.Enqueue((title, type, form, path));
        while (next.TryDequeue(out var section))
            Table(section.Title, section.Type, section.Form, section.Path);
    }

    void Table(string title, JsonTypeInfo type, RecipeForm form, string path)
    {
        text.Append($"\n### {title}\n\n| key | default | values | meaning |\n|---|---|---|---|\n");
        var template = form.TemplateOf(type);
        foreach (var key in RecipeKeys.Of(type))
        {
            var inner = YamlReader.Join(path, key.Name);
            if (!form.Has(inner))
                continue;
            var needed = key.IsRequired && key.Name != "name" && !form.Optional.Contains(inner);
            var (links, isSection) = Links(key, form, inner);
            text.Append($"| `{key.Name}` | {(needed ? "needed" : key.Name == "name" ? "the file's name" : Default(template[key.Name]))} | "
                + $"{(isSection && key.Option.Expected is null ? "keys" : Escaped(RecipeKeys.Expected(key)))} | {Escaped(key.Option.Meaning)}{links} |\n");
        }
    }

    /// <summary>Links to the tables of a section's keys, which are queued when they are first met.</summary>
    (string Links, bool IsSection) Links(RecipeKey key, RecipeForm form, string path)
    {
        var type = key.Type == typeof(RecipeTokenizer) ? RecipeJson.TypeOf<TokenizerTrainerOptions>() : RecipeJson.TypeOf(key.Type);
        if (type?.Kind == JsonTypeInfoKind.Enumerable)
            type = RecipeJson.TypeOf(type.ElementType!);
        if (type?.Kind != JsonTypeInfoKind.Object)
            return ("", false);
        if (type.PolymorphismOptions is not { } kinds)
            return ($" See {Link(type, form, path, path)}.", true);
        var derived = kinds.DerivedTypes.Where(d =>
            form.KindOf(type.Type) is not { } only || key.Type == typeof(RecipeTokenizer) || (string)d.TypeDiscriminator! == only);
        var hasKinds = form.Has($"{path}.{kinds.TypeDiscriminatorPropertyName}");
        var links = derived.Select(d => Link(RecipeJson.TypeOf(d.DerivedType)!, form, path,
            hasKinds ? $"{path}, {kinds.TypeDiscriminatorPropertyName}: {d.TypeDiscriminator}" : path));
        return ($" See {string.Join(", ", links)}.", true);
    }

    string Link(JsonTypeInfo type, RecipeForm form, string path, string title)
    {
        // one table serves all recipes where the record has the same keys and defaults
        var hidden = string.Join(' ', form.Without.Where(w => w.StartsWith(path + ".", StringComparison.Ordinal)).Select(w => w[(path.Length + 1)..]));
        var identity = (type.Type, hidden + form.TemplateOf(type).ToJsonString());
        if (!titles.TryGetValue(identity, out var known))
        {
            known = titles.ContainsValue(title) ? $"{title} of {(string.IsNullOrEmpty(form.Task) ? "an annotation" : form.Task)}" : title;
            titles.Add(identity, known);
            next.Enqueue((known, type, form, path));
        }
        var anchor = string.Concat(known.ToLowerInvariant().Where(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '_' or '-')).Replace(' ', '-');
        return $"[{known}](#{anchor})";
    }

    static string Default(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject => "",
        JsonArray list => Code($"[{string.Join(", ", list.Select(item => item!.ToString()))}]"),
        _ when value.GetValueKind() == JsonValueKind.String => Code(value.ToString()),
        _ => value.ToJsonString().Replace('E', 'e'),
    };

    /// <summary>A value as code: on one line, and without entities, which code shows as they are.</summary>
    static string Code(string text) => $"`{text.Replace("\n", "\\n", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal)}`";

    static string Escaped(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}
