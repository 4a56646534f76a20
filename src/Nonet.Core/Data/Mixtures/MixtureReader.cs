using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Nonet.Data.Generated;
using Nonet.Data.Instructions;
using Nonet.Data.Tasks;
using Nonet.Files;
using Nonet.Text.Jinja;

namespace Nonet.Data.Mixtures;

/// <summary>Reads sources that need higher layers: tasks of the evaluation harness, and the YAML of promptsource.</summary>
public interface IMixtureTasks
{
    /// <summary>The training items of an evaluation task as rows, with their templates.</summary>
    MixtureTask EvaluationTask(EvaluationTaskSource source);

    /// <summary>The templates in a file of promptsource.</summary>
    IReadOnlyList<PromptTemplate> Promptsource(string path);
}

/// <summary>Reads the tasks of a mixture from files and generators.</summary>
/// <param name="folders">Folders in which relative paths are searched for, in order.</param>
/// <param name="others">Reads evaluation tasks and promptsource.</param>
public sealed partial class MixtureReader(IReadOnlyList<string> folders, IMixtureTasks others)
{
    static readonly JinjaLimits limits = new() { Strict = true };

    /// <summary>The tasks of each sub-mixture.</summary>
    /// <exception cref="MixtureException">Two tasks have one name.</exception>
    /// <exception cref="FileNotFoundException">A file is missing. The message names the places that were searched.</exception>
    /// <exception cref="MalformedFileException">A file cannot be read as its source describes it.</exception>
    public IReadOnlyList<IReadOnlyList<MixtureTask>> Read(MixtureOptions options)
    {
        options.Check();
        MixtureTask[][] tasks = [.. options.Submixtures.Select(s => s.Sources.SelectMany(Tasks).ToArray())];
        var twice = tasks.SelectMany(t => t).GroupBy(t => t.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        return twice is null ? tasks
            : throw new MixtureException(
                $"{options.Name}: found {twice.Count()} tasks named {twice.Key} ({string.Join(", ", twice.SelectMany(t => t.Files).Select(f => f.Path))}); "
                + $"expected each task once: leave one out with except, or name it");
    }

    /// <summary>The built-in templates of a family.</summary>
    public static IReadOnlyList<PromptTemplate> Templates(TemplateFamily family) => TemplateLibrary.Of(family);

    IEnumerable<MixtureTask> Tasks(MixtureSource source)
    {
        IEnumerable<MixtureTask> read = source switch
        {
            NaturalInstructionsSource instructions => Files(instructions.Path, instructions.Except).Select(file => NaturalInstructions(instructions, file)),
            RecordsSource records => [Records(records, Files(records.Path, []).Single())],
            EvaluationTaskSource evaluation => [others.EvaluationTask(evaluation)],
            SymbolTaskSource symbols => SymbolTasks.All.Where(t => symbols.Tasks?.Contains(t.Name) != false).Select(t => Symbols(symbols, t)),
            _ => throw new ArgumentException($"unknown source {source}", nameof(source)),
        };
        foreach (var task in read)
        {
            if (task.Rows.Count == 0)
                throw new MixtureException($"{task.Name}: found no row in {string.Join(", ", task.Files.Select(f => f.Path))}; expected at least one");
            yield return source.Rows is { } most ? task with { Rows = [.. task.Rows.Take(most)] } : task;
        }
    }

    static MixtureTask Symbols(SymbolTaskSource source, SymbolTask task)
    {
        const int MostRepeats = 3000;
        var (seen, rows, repeats) = (new HashSet<string>(StringComparer.Ordinal), new List<TaskRow>(), 0);
        for (var i = 0UL; rows.Count < source.Examples && repeats < MostRepeats; i++)
        {
            var (input, answer, reasoning) = task.Row(source.Seed, i);
            if (seen.Add(input))
                rows.Add(new TaskRow
                {
                    Input = input,
                    Targets = [answer],
                    Rationale = reasoning,
                    Place = new ExamplePlace(task.Name, string.Create(CultureInfo.InvariantCulture, $"generated row {rows.Count + 1}"))
                });
            else
                repeats++;
        }
        return new MixtureTask
        {
            Name = task.Name,
            Cluster = source.Cluster ?? task.Cluster,
            Dataset = source.Dataset ?? task.Name,
            Rows = rows,
            Templates = source.Templates
                ?? (source.Family is { } family ? TemplateLibrary.Of(family) : [.. task.Instructions.Select(i => new PromptTemplate { Instruction = i })]),
        };
    }

    /// <summary>
    /// Version 1 has Instances with input and output, and its examples under Examples; version 2 has Categories and Source, too. Mishra et al. 2021; Wang et
    /// al. 2022 (Super-NaturalInstructions).
    /// </summary>
    static MixtureTask NaturalInstructions(NaturalInstructionsSource source, string file)
    {
        var whole = new TaskRecord(file, "the file", TaskRecord.Whole(file, JsonValueKind.Object));
        var name = System.IO.Path.GetFileNameWithoutExtension(file);
        var rows = whole.Records("Instances").Select(r => new TaskRow
        {
            Input = r.Text("input").Trim(),
            Targets = Outputs(r),
            Place = new ExamplePlace(file, r.Place[(r.Place.LastIndexOf(", ", StringComparison.Ordinal) + 2)..]),
        }).ToArray();
        return new MixtureTask
        {
            Name = name,
            Cluster = source.Cluster ?? name,
            Dataset = source.Dataset
                ?? (whole.Find("Source") is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0 ? whole.Texts("Source")[0] : DatasetIn(name)),
            Definition = whole.Find("Definition") is { ValueKind: JsonValueKind.Array } ? string.Join('\n', whole.Texts("Definition"))
                : whole.Text("Definition"),
            Rows = rows,
            Templates = source.Templates ?? TemplateLibrary.Of(source.Family ?? TemplateFamily.Instructions),
            Files = [Identity(file)],
        };
    }

    /// <summary>Right answers without duplicates. An instance of version 2 may have a single answer as a text.</summary>
    static string[] Outputs(TaskRecord record)
    {
        string[] outputs = record.Find("output") is { ValueKind: JsonValueKind.String } ? [record.Text("output")] : record.Texts("output");
        outputs = [.. outputs.Select(o => o.Trim()).Where(o => o.Length > 0).Distinct()];
        return outputs.Length > 0 ? outputs : throw record.Missing("output", "at least one text that is not empty");
    }

    /// <summary>The data set in a task's name: mctaco for subtask003_mctaco_question_generation.</summary>
    static string DatasetIn(string name) => TaskNumber().Match(name) is { Success: true } found ? found.Groups[1].Value : name;

    [GeneratedRegex(@"task\d+_([a-zA-Z0-9]+)")]
    private static partial Regex TaskNumber();

    MixtureTask Records(RecordsSource source, string file)
    {
        var name = source.Name ?? System.IO.Path.GetFileNameWithoutExtension(file);
        var promptsource = source.Promptsource is { } path ? others.Promptsource(Files(path, []).Single()) : null;
        JinjaTemplate? Parse(string? text, string key) => text is null ? null : JinjaTemplate.Parse(text, $"{name}, {key}", limits);
        var (input, target, rationale, options) =
            (Parse(source.Input, "input"), Parse(source.Target, "target"), Parse(source.Rationale, "rationale"), Parse(source.AnswerOptions, "answer_options"));
        var rows = new List<TaskRow>();
        foreach (var (at, fields) in RecordFile.Read(file, source.Format, source.Records, source.Columns))
        {
            var place = new ExamplePlace(file, at);
            using var document = JsonDocument.Parse(fields.ToJsonString());
            var variables = document.RootElement;
            string? Render(JinjaTemplate? template)
            {
                try
                {
                    return template?.Render(variables).Trim();
                }
                catch (JinjaException e)
                {
                    throw place.Malformed($"a row on which a template fails ({e.Message})",
                        $"the fields that it names; there are {string.Join(", ", fields.Select(f => f.Key))}", e);
                }
            }
            var row = new TaskRow
            {
                Input = Render(input) ?? fields.ToJsonString(),
                Targets = [Render(target) ?? ""],
                Rationale = Render(rationale) is { Length: > 0 } reasoning ? reasoning : null,
                Options = Render(options)?.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
                Fields = fields,
                Place = place,
            };
            if (target is not null && row.Targets[0].Length == 0)
                throw place.Malformed("an empty answer", $"a text of the template target ({source.Target})");
            rows.Add(row);
        }
        return new MixtureTask
        {
            Name = name,
            Cluster = source.Cluster ?? name,
            Dataset = source.Dataset ?? name,
            Definition = source.Definition,
            Rows = promptsource is null ? rows : Phrased(name, rows, promptsource),
            Templates = promptsource ?? source.Templates
                ?? TemplateLibrary.Of(source.Family ?? (source.Definition is null ? TemplateFamily.Questions : TemplateFamily.Instructions)),
            Files = [Identity(file)],
        };
    }

    /// <summary>Rows whose question and answer come from the first promptsource template that gives both.</summary>
    static TaskRow[] Phrased(string name, List<TaskRow> rows, IReadOnlyList<PromptTemplate> templates)
    {
        var task = new MixtureTask { Name = name, Cluster = name, Dataset = name, Rows = rows, Templates = templates };
        var first = new Phrasing(templates[0], $"{name}, template 1");
        return [.. rows.Select(r => first.Ask(task, r, 0) is var (question, answer) ? r with { Input = question, Targets = [answer] } : r)];
    }

    /// <summary>The files that match a pattern, ordered by name, without the excluded names.</summary>
    string[] Files(string pattern, IReadOnlyList<string> except)
    {
        string[] places = System.IO.Path.IsPathRooted(pattern) ? [pattern] : [.. folders.Select(f => System.IO.Path.Combine(f, pattern))];
        foreach (var place in places)
        {
            var (folder, name) = (System.IO.Path.GetDirectoryName(place)!, System.IO.Path.GetFileName(place));
            if (!Directory.Exists(folder))
                continue;
            string[] found = [.. Directory.EnumerateFiles(folder, name).Order(StringComparer.Ordinal)
                .Where(f => !except.Any(e => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(e, System.IO.Path.GetFileName(f))))];
            if (found.Length > 0)
                return found;
        }
        throw new FileNotFoundException(
            $"{pattern}: found no such file; looked for {string.Join(" and ", places)}{(except.Count > 0 ? $", without {string.Join(", ", except)}" : "")}; "
            + $"name the folder of the data with --data DIR", pattern);
    }

    static TaskFileIdentity Identity(string file)
    {
        using var stream = File.OpenRead(file);
        return new TaskFileIdentity(file, stream.Length, Convert.ToHexStringLower(SHA256.HashData(stream)));
    }
}
