using System.Text.Json.Nodes;
using Nonet.Data.Tasks;
using Nonet.Evaluation.Tasks.Generated;
using Nonet.Files;

namespace Nonet.Evaluation.Tasks;

/// <summary>Folders in which tasks find their files.</summary>
/// <param name="Data">The data folder; null: none.</param>
/// <param name="Beside">The folder of the task's own file; null: the task is not a file on disk.</param>
public sealed record TaskFolders(string? Data, string? Beside = null)
{
    /// <summary>All places of a relative path, in the order of the search.</summary>
    public IEnumerable<string> Places(string path) =>
        Path.IsPathRooted(path) ? [path] : new[] { Beside, Data }.Where(f => f is not null).Select(f => Path.Combine(f!, path));
}

/// <summary>A task with its items read and its templates parsed.</summary>
public sealed class LoadedTask
{
    readonly List<TaskItem> items = [], exemplars = [];

    LoadedTask(EvaluationTask task) => (Task, Templates) = (task, new TaskTemplates(task));

    /// <summary>Definition of the task.</summary>
    public EvaluationTask Task { get; }
    internal TaskTemplates Templates { get; }

    /// <summary>The items to score.</summary>
    public IReadOnlyList<TaskItem> Items => items;

    /// <summary>The pool of exemplars; empty: exemplars are drawn from the other items.</summary>
    public IReadOnlyList<TaskItem> ExemplarItems => exemplars;

    /// <summary>Reads a task's items.</summary>
    /// <param name="task">The task.</param>
    /// <param name="folders">Folders of its files.</param>
    /// <exception cref="FileNotFoundException">A file is missing. The message names all searched places and says how to get the file.</exception>
    public static LoadedTask Read(EvaluationTask task, TaskFolders folders)
    {
        task.Check();
        var loaded = new LoadedTask(task);
        var source = task.Source;
        if (source.Generate is { } generator)
        {
            loaded.items.AddRange(loaded.Derived(GeneratedItems.Test(generator)));
            loaded.exemplars.AddRange(loaded.Derived(GeneratedItems.Exemplars(generator)));
        }
        else
            loaded.items.AddRange(loaded.Derived(loaded.Records(source.Test!, folders)));
        if (task.Exemplars.Items is { } written)
            loaded.SetExemplars(written.Select((e, i) => ($"{task.Name}, exemplar {i + 1}", Fields(e))), derive: false);
        else if (task.Exemplars.File is { } file)
            loaded.SetExemplars(loaded.Records(file, folders), derive: true);
        else if (source.Train is { } train)
            loaded.SetExemplars(loaded.Records(train, folders), derive: true);
        if (loaded.items.Count == 0)
            throw new TaskException(
                $"{task.Name}: found no item in {source.Test}{(source.Where is null ? "" : " that source.where keeps")}; expected at least one");
        return loaded;
    }

    /// <summary>The error that <see cref="Read"/> would throw because the files to score are missing; null if they exist.</summary>
    public static FileNotFoundException? Missing(EvaluationTask task, TaskFolders folders) =>
        task.Source.Test is { } test && Files(test, folders).Count == 0 ? NotFound(task, test, folders) : null;

    void SetExemplars(IEnumerable<(string, JsonObject)> records, bool derive)
    {
        exemplars.Clear();
        exemplars.AddRange(derive ? Derived(records) : records.Select((r, i) => new TaskItem(i, r.Item1, r.Item2)));
    }

    static JsonObject Fields(WrittenExemplar e)
    {
        var fields = new JsonObject { ["question"] = e.Question, ["answer"] = e.Answer };
        foreach (var (name, value) in new[] { ("options", e.Options), ("reasoning", e.Reasoning), ("equation", e.Equation) })
        {
            if (value is not null)
                fields[name] = value;
        }
        return fields;
    }

    IEnumerable<(string Place, JsonObject Fields)> Records(string pattern, TaskFolders folders)
    {
        var files = Files(pattern, folders);
        if (files.Count == 0)
            throw NotFound(Task, pattern, folders);
        foreach (var (file, star) in files)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (place, fields) in RecordFile.Read(file, Task.Source.Format, Task.Source.Records, Task.Source.Columns))
            {
                if (Task.Source.NameField is { } name)
                    fields[name] = star;
                var item = new TaskItem(0, $"{Path.GetFileName(file)}, {place}", fields);
                if (Task.Source.Distinct is { } field
                    && !seen.Add(item.Text(field) ?? throw new MalformedFileException(file, $"no field '{field}' in {place}", "one, as source.distinct says")))
                    continue;
                yield return (item.Place, fields);
            }
        }
    }

    IEnumerable<TaskItem> Derived(IEnumerable<(string Place, JsonObject Fields)> records)
    {
        var index = 0;
        foreach (var (place, fields) in records)
        {
            var item = new TaskItem(index++, place, fields);
            foreach (var (field, template) in Templates.Fields)
            {
                var text = template.Render(item);
                item.Set(field.Name, field.SplitAt is { } cut ? new JsonArray([.. text.Split(cut).Select(part => (JsonNode)part.Trim())]) : text);
            }
            if (!Templates.IsKept(item))
            {
                index--;
                continue;
            }
            yield return item;
        }
    }

    /// <summary>The files that match a pattern, ordered by name, each with the text that its * matched.</summary>
    static List<(string File, string Star)> Files(string pattern, TaskFolders folders)
    {
        foreach (var place in folders.Places(pattern))
        {
            var (folder, name) = (Path.GetDirectoryName(place)!, Path.GetFileName(place));
            if (!name.Contains('*', StringComparison.Ordinal))
            {
                if (File.Exists(place))
                    return [(place, "")];
                continue;
            }
            if (!Directory.Exists(folder))
                continue;
            var star = name.IndexOf('*', StringComparison.Ordinal);
            var after = name[(star + 1)..];
            var found = Directory.GetFiles(folder, name).Select(f => (f, Path.GetFileName(f)[star..^after.Length])).OrderBy(f => f.f, StringComparer.Ordinal)
                .ToList();
            if (found.Count > 0)
                return found;
        }
        return [];
    }

    static FileNotFoundException NotFound(EvaluationTask task, string pattern, TaskFolders folders)
    {
        string[] places = [.. folders.Places(pattern)];
        return new FileNotFoundException(
            $"{task.Name}: found no {pattern}; looked for {(places.Length > 0 ? string.Join(" and ", places) : $"{pattern}, but no data folder is given")}; "
            + $"{task.Source.Get?.TrimEnd('.') ?? "get the file"}, and name the data folder with --data DIR");
    }
}
