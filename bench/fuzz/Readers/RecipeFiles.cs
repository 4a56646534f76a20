using Nonet.Fuzz.Making;
using Nonet.Recipes;
using Nonet.Recipes.Scaling;

namespace Nonet.Fuzz.Readers;

/// <summary>Recipes in YAML, with values overridden as --set does.</summary>
sealed class RecipeFiles : Reader
{
    /// <summary>What the repository's own recipes do not show: a mixture, and fine-tuning.</summary>
    const string Mixture = """
        task: pretrain
        name: mixture
        model:
          kind: llama
          width: 64
          layers: 2
          heads: 4
          context: 64
        tokenizer: {vocab: 512}
        data:
          validation: 0.1
          seed: 1
          sources:
            - path: .
              weight: 2
              documents: separator
              separator: "<|end|>"
            - path: .
              format: jsonl
              field: text
              weight: 1
              split: train
              skip_broken: true
        training:
          steps: 20
          batch: 4
          accumulate: 2
          batch_ramp: {from: 2, updates: 5}
          learning_rate: 0.003
          muon: {momentum: 0.9}
          ema_decay: 0.99
        """;

    const string FineTune = """
        task: classify
        name: tune
        from: somewhere
        data:
          train: {path: ., format: tsv, text: sentence, second: null, label: label, header: true}
          validation: {path: .}
        training:
          epochs: 2
          batch: 8
          learning_rate: 0.0001
          lora: {rank: 4, alpha: 8, projections: [query, value]}
        """;

    static readonly Lazy<string[]> seeds = new(() => [Mixture, FineTune, .. FromRepository()]);

    public override string Name => "recipes";

    public override int Share => 12;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var seed = dice.Of<string>(seeds.Value);
        Write(folder, "recipe.yaml", sound ? SoundModels.Utf8(seed) : YamlDamage.Of(seed, dice));
        string[] overrides = sound || !dice.OneIn(4) ? []
            : [$"{dice.Of("training.steps", "model.width", "model.layers", "model", "data.sources.0.path", "data.sources.9",
                "name", "x.y.z", "training.schedule", "", "=", "a..b", "model.width.x")}={YamlDamage.Value(dice)}"];
        var path = Path.Combine(folder, "recipe.yaml");
        if (seed.Contains("sweep:", StringComparison.Ordinal))
            return () => SweepRecipe.Load(path, overrides);
        return () => TrainingRecipe.Load(path, overrides).ToYaml();
    }

    /// <summary>The repository's own, where this runs in it; what they leave to the user is this program, which exists.</summary>
    static IEnumerable<string> FromRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Nonet.slnx")))
            {
                return Directory.GetFiles(Path.Combine(folder.FullName, "recipes"), "*.yaml").Order(StringComparer.Ordinal)
                    .Select(file => File.ReadAllText(file)
                        .Replace("{source: null, target: null}", $"{{path: \"{typeof(RecipeFiles).Assembly.Location}\"}}", StringComparison.Ordinal)
                        .Replace("data/translation", Path.Combine(folder.FullName, "data/translation"), StringComparison.Ordinal));
            }
        }
        return [];
    }
}
