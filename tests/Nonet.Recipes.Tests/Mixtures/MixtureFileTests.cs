using System.Text.Json;
using Nonet.Data.Mixtures;
using Nonet.Evaluation.Tasks;
using Nonet.Recipes.Evaluation;
using Nonet.Recipes.Mixtures;
using Nonet.Recipes.Tests.Instructions;
using Nonet.Recipes.Yaml;

namespace Nonet.Recipes.Tests.Mixtures;

/// <summary>Mixtures in YAML, and what is made of them: tasks of the harness, and runs.</summary>
public sealed class MixtureFileTests : IDisposable
{
    readonly TinyChat chat = new();

    TemporaryFolder Folder => chat.Folder;

    public void Dispose() => chat.Dispose();

    string Add(string name, string text)
    {
        File.WriteAllText(Folder[name], text);
        return Folder[name];
    }

    InstructionMixture Open(string yaml, params string[] set) =>
        MixtureFile.Open(MixtureFile.Load(Add("mix.yaml", yaml), set), new TaskLibrary(Path.Combine(RecipeFilesTests.Repository, "tasks")), null, Folder.Path);

    [Theory, MemberData(nameof(Files))]
    public void A_mixture_that_comes_with_the_repository_binds(string file)
    {
        var options = MixtureFile.Load(Path.Combine(RecipeFilesTests.Repository, "recipes", "mixtures", file));
        Assert.Equal(Path.GetFileNameWithoutExtension(file), options.Name);
    }

    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Path.Combine(RecipeFilesTests.Repository, "recipes", "mixtures"), "*.yaml").Select(f => Path.GetFileName(f)!)];

    [Fact]
    public void Keys_bind_with_defaults_and_changes_on_top()
    {
        const string Yaml = """
            preset: paper_b
            held_out_rows: 3
            submixtures:
              - name: cot
                sources:
                  - {kind: records, path: a.tsv, columns: [q, a], input: "{{ q }}", target: "{{ a }}", family: choices}
              - name: mine
                weight: 2
                sources: [{kind: symbols, tasks: [copy]}]
            """;
        var options = MixtureFile.Load(Add("mix.yaml", Yaml), "submixtures.1.few_shot=0.25", "tasks=2");
        Assert.Equal(("mix", MixturePreset.PaperB, 3, 2, 13),
            (options.Name, options.Preset!.Value, options.HeldOutRows, options.Tasks!.Value, options.Overlap));
        Assert.Equal((0.25, 2, 5, 0.1, 0.5),
            (options.Submixtures[1].FewShot!.Value, options.Submixtures[1].LeastShots, options.Submixtures[1].MostShots,
            options.Submixtures[1].WithoutInstruction, options.Submixtures[1].ChainOfThought));
        Assert.Equal(TemplateFamily.Choices, options.Submixtures[0].Sources[0].Family);
        Assert.Equal(2000, ((SymbolTaskSource)options.Submixtures[1].Sources[0]).Examples);
    }

    [Theory]
    [InlineData("submixtures: [{name: a, wieght: 1, sources: [{kind: symbols}]}]", "mix.yaml:1: submixtures.0.wieght: found an unknown key",
        "the nearest is weight")]
    [InlineData("submixtures: [{name: a, sources: [{kind: csv}]}]", "submixtures.0.sources.0.kind: found 'csv'",
        "natural_instructions, records, evaluation_task or symbols")]
    [InlineData("submixtures:\n  - name: a\n    weight: 0\n    sources: [{kind: symbols}]", "mix.yaml:2: submixtures have weights that sum to nothing (a 0)",
        "at least one needs a weight above 0")]
    [InlineData("preset: paper_a\nsubmixtures:\n  - name: muffins\n    sources: [{kind: symbols}]",
        "submixtures.0.name is muffins: the preset has muffin, t0_sf, cot, niv2", "or give the sub-mixture a weight")]
    [InlineData("submixtures: [{name: a, weight: -1, sources: [{kind: symbols}]}]", "submixtures.0.weight: found '-1'", "a number of at least 0")]
    [InlineData("submixtures: [{name: a, sources: [{kind: symbols, tasks: [revers]}]}]", "sources.0.tasks holds revers", "reverse")]
    [InlineData("submixtures: []", "submixtures is empty", "at least one")]
    public void What_is_wrong_is_named_with_its_place(string yaml, string found, string expected)
    {
        var wrong = Assert.Throws<RecipeException>(() => MixtureFile.Load(Add("mix.yaml", yaml)));
        Assert.Contains(found, wrong.Message, StringComparison.Ordinal);
        Assert.Contains(expected, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Templates_of_promptsource_phrase_rows_and_those_without_an_answer_are_left_out()
    {
        Add("rows.jsonl", """{"text": "fine", "label": 1}""" + "\n" + """{"text": "bad", "label": 0}""");
        Add("templates.yaml", """
            dataset: reviews
            templates:
              one: !Template
                answer_choices: no ||| yes
                id: one
                jinja: "{{text}}\nGood?|||\n{{ answer_choices[label] }}"
              two: !Template
                answer_choices: null
                jinja: "Only a prompt {{text}}"
              three: !Template
                answer_choices: null
                jinja: "Review: {{ text }}. Label? ||| {{ label }}"
            """);
        var mixture = Open("submixtures: [{name: a, few_shot: 0, sources: [{kind: records, path: rows.jsonl, promptsource: templates.yaml}]}]");
        var prompts = Enumerable.Range(0, 100).Select(i => (mixture[i].Prompt, mixture[i].Completion)).ToHashSet();
        Assert.Equal([("Review: bad. Label?", "\n0"), ("Review: fine. Label?", "\n1"), ("bad\nGood?", "\nno"), ("fine\nGood?", "\nyes")], prompts.Order());
        Assert.Equal("fine\nGood?", mixture.Shares[0].Task.Rows[0].Input);
        Add("templates.yaml", "templates: {one: {id: x}}");
        Assert.Contains("templates.one",
            Assert.Throws<RecipeException>(() => Open("submixtures: [{name: a, sources: [{kind: records, path: rows.jsonl, promptsource: templates.yaml}]}]"))
            .Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_evaluation_task_gives_its_training_items_and_never_those_that_are_scored()
    {
        Add("test.jsonl", """{"q": "asked?", "g": "x"}""");
        Add("train.jsonl", """{"q": "1 + 1", "g": "two"}""" + "\n" + """{"q": "2 + 2", "g": "four"}""");
        Add("sums.yaml", """
            kind: multiple_choice
            source: {test: test.jsonl, train: train.jsonl}
            prompt: "{{ q }} ="
            choices: ["two", "four"]
            gold: "{{ g }}"
            """);
        var yaml = $"submixtures: [{{name: a, sources: [{{kind: evaluation_task, task: {Folder["sums.yaml"]}, cluster: arithmetic}}]}}]";
        var task = Open(yaml).Shares[0].Task;
        Assert.Equal(("sums", "arithmetic"), (task.Name, task.Cluster));
        Assert.Equal([("1 + 1 =", "two", "two|four"), ("2 + 2 =", "four", "two|four")],
            task.Rows.Select(r => (r.Input, r.Targets[0], string.Join('|', r.Options))));
        File.WriteAllText(Folder["sums.yaml"], File.ReadAllText(Folder["sums.yaml"]).Replace(", train: train.jsonl", "", StringComparison.Ordinal));
        Assert.Contains("found no training items", Assert.Throws<TaskException>(() => Open(yaml)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Held_out_clusters_rows_and_phrasings_become_tasks_of_the_harness()
    {
        var mixture = Open("""
            held_out: [picking]
            held_out_rows: 4
            held_out_templates: 2
            submixtures: [{name: a, sources: [{kind: symbols, tasks: [first, last, reverse, copy], examples: 50}]}]
            """);
        var written = MixtureTasks.Write(mixture, Folder["tasks"], 3);
        Assert.Equal(["held-out", "seen", "phrasings", "seen-reasoning", "held-out-reasoning"], written.Select(Path.GetFileNameWithoutExtension));
        LoadedTask[] tasks = [.. written.Select(p => LoadedTask.Read(TaskFile.Load(p).Task(), new TaskFolders(null, Folder["tasks"])))];
        Assert.Equal([6, 6, 6, 3, 3], tasks.Select(t => t.Items.Count));
        Assert.Equal("mix-held-out", tasks[0].Task.Name);
        Assert.All(tasks[0].Items, i => Assert.Equal("picking", i.Fields["cluster"]!.GetValue<string>()));
        Assert.All(tasks[2].Items, i => Assert.StartsWith("Tell me", i.Fields["instruction"]!.GetValue<string>(), StringComparison.Ordinal));
        Assert.All(tasks[3].Items, i => Assert.Contains("The answer is", i.Fields["answer"]!.GetValue<string>(), StringComparison.Ordinal));
        var trained = Enumerable.Range(0, 3000).Select(i => mixture[i]).ToArray();
        foreach (var item in tasks[1].Items)
            Assert.DoesNotContain(trained, e =>
                e.Prompt.Contains(item.Fields["question"]!.GetValue<string>(), StringComparison.Ordinal)
                && mixture.Shares.Any(s => s.Task.Name == item.Fields["task"]!.GetValue<string>() && e.Place.File == s.Task.Name));
    }

    [Fact]
    public void A_run_on_a_mixture_resumes_to_the_same_bits_and_leaves_a_manifest()
    {
        Add("mix.yaml", """
            held_out: [picking]
            held_out_rows: 4
            submixtures: [{name: a, least_shots: 1, most_shots: 1, sources: [{kind: symbols, tasks: [first, reverse, copy], examples: 50}]}]
            """);
        var (straight, _) = RunFiles.ResumesToTheSameBytes(chat.Recipe(Folder["mix.yaml"], "training.updates=20", "training.longer=cut", "data.set=[tasks=1]"),
            Folder, 13);
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(straight.Folder, MixtureManifest.FileName)));
        Assert.Equal(160, manifest.RootElement.GetProperty("examples").GetInt32());
        Assert.Equal(1.0, Assert.Single(manifest.RootElement.GetProperty("shares").EnumerateArray()).GetProperty("planned").GetDouble());
        var none = Assert.Throws<ArgumentException>(() =>
            chat.Train(chat.Recipe(Folder["mix.yaml"], "training.updates=2", "data.set=[held_out_rows=0]"), "none"));
        Assert.Contains("has no held-out rows", none.Message, StringComparison.Ordinal);
        Assert.Contains("training.updates is not set", Assert.Throws<ArgumentException>(() => chat.Train(chat.Recipe(Folder["mix.yaml"]), "endless")).Message,
            StringComparison.Ordinal);
        Assert.Contains("expected a mixture (.yaml)",
            Assert.Throws<ArgumentException>(() => chat.Train(chat.Recipe(chat.Conversations(), "data.set=[tasks=1]"), "set")).Message,
            StringComparison.Ordinal);
    }
}
