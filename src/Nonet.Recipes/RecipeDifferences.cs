using Nonet.Recipes.Runs;
using YamlDotNet.RepresentationModel;

namespace Nonet.Recipes;

/// <summary>Where recipes differ, key by key.</summary>
static class RecipeDifferences
{
    public const string Absent = "absent";

    /// <summary>Keys such as training.batch with both values, in the order of the first recipe.</summary>
    public static IReadOnlyList<(string Key, string First, string Second)> Between(TrainingRecipe first, TrainingRecipe second) => Between(first.Write(), second.Write());

    /// <summary>The same of recipes as YAML.</summary>
    public static IReadOnlyList<(string Key, string First, string Second)> Between(YamlNode first, YamlNode second)
    {
        var (a, b) = (Flatten(first), Flatten(second));
        return [.. a.Keys.Union(b.Keys).Select(key => (key, a.GetValueOrDefault(key, Absent), b.GetValueOrDefault(key, Absent))).Where(d => d.Item2 != d.Item3)];
    }

    /// <summary>Throws a <see cref="RunFolderException"/> that lists them, where there are any.</summary>
    public static void Refuse(IReadOnlyList<(string Key, string First, string Second)> differences, string folder)
    {
        if (differences.Count > 0)
        {
            throw new RunFolderException($"{Path.GetFullPath(folder)} was started with another recipe; resume with the same, or start a new run:"
                + string.Join(';', differences.Select(d => $"\n  {d.Key}: {d.First} in the run, {d.Second} now")));
        }
    }

    /// <summary>Every value by its path.</summary>
    public static Dictionary<string, string> Flatten(YamlNode root)
    {
        var values = new Dictionary<string, string>();
        Walk(root, "");
        return values;

        void Walk(YamlNode node, string path)
        {
            if (node is YamlMappingNode mapping)
            {
                foreach (var (key, value) in mapping.Children)
                    Walk(value, path.Length == 0 ? key.ToString() : $"{path}.{key}");
            }
            else if (node is YamlSequenceNode list)
            {
                for (var i = 0; i < list.Children.Count; i++)
                    Walk(list.Children[i], FormattableString.Invariant($"{path}.{i}"));
            }
            else
                values[path] = ((YamlScalarNode)node).Value ?? "null";
        }
    }
}
