using Nonet.Evaluation.Tasks;
using Nonet.Recipes.Yaml;

namespace Nonet.Recipes.Evaluation;

/// <summary>Finds tasks by name or path: those that come with the program, and the user's files.</summary>
/// <param name="folder">Folder of the tasks that come with the program.</param>
public sealed class TaskLibrary(string folder)
{
    const string Ending = ".yaml";

    /// <summary>The files that come with the program, by name.</summary>
    internal IEnumerable<TaskFile> Files => Directory.EnumerateFiles(folder, $"*{Ending}").Order(StringComparer.Ordinal).Select(TaskFile.Load);

    /// <summary>A task by its name (gsm8k), with a variant (gsm8k:cot), or by the path of its file (my.yaml, my.yaml:cot).</summary>
    /// <returns>The task, and the folder of its file.</returns>
    /// <exception cref="RecipeException">There is no such task, or its file is invalid.</exception>
    public (EvaluationTask Task, string Folder) Open(string name)
    {
        var (file, variant) = (name, (string?)null);
        var colon = name.LastIndexOf(':');
        if (colon > 1) // not the colon of a drive
            (file, variant) = (name[..colon], name[(colon + 1)..]);
        var path = file.EndsWith(Ending, StringComparison.OrdinalIgnoreCase) ? file : Path.Combine(folder, file + Ending);
        if (!File.Exists(path))
        {
            string[] known = [.. Directory.EnumerateFiles(folder, $"*{Ending}").Select(f => Path.GetFileNameWithoutExtension(f)!)];
            throw new RecipeException(
                $"{name}: found no such task; expected a name of nonet eval --list, or the path of a {Ending} "
                + $"file{(Nearest.Of(file, known) is { } nearest ? $"; the nearest is {nearest}" : "")}");
        }
        return (TaskFile.Load(path).Task(variant), Path.GetDirectoryName(Path.GetFullPath(path))!);
    }
}
