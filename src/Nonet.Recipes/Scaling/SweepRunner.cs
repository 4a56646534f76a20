using System.Globalization;
using Nonet.Data;
using Nonet.Models;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Training;

namespace Nonet.Recipes.Scaling;

/// <summary>Makes single runs of a sweep: trains, evaluates and writes the row.</summary>
/// <param name="recipe">The sweep.</param>
/// <param name="text">Text of all runs.</param>
/// <param name="device">Device that trains the models.</param>
/// <param name="threads">Threads that read the data; null: all cores.</param>
/// <param name="progress">Receives every step.</param>
/// <param name="stopping">Stops the current run after a checkpoint.</param>
sealed class SweepRunner(SweepRecipe recipe, TokenizedData text, Device device, int? threads, SweepProgress progress, CancellationToken stopping)
{
    /// <summary>Points of a training curve, and number of reports that they average.</summary>
    const int CurvePoints = 100, Reports = 400;

    readonly List<FailedRun> failed = [];

    public IReadOnlyList<FailedRun> Failed => failed;

    /// <summary>Makes or resumes a run, or skips it if it is finished.</summary>
    /// <param name="run">The run.</param>
    /// <param name="rate">Its peak learning rate.</param>
    /// <param name="folder">Its run folder.</param>
    /// <param name="table">Table that receives its row.</param>
    /// <returns>False if it was interrupted.</returns>
    public bool Make(PlannedRun run, double rate, string folder, SweepTable table)
    {
        progress.Begin(run);
        if (table.Find(run.Name) is not null)
        {
            progress.PassOver();
            return true;
        }
        if (Directory.Exists(folder) && RunStatus.Read(folder) is { State: RunState.Diverged, Message: var before })
        {
            failed.Add(new FailedRun(run.Name, before ?? "diverged"));
            progress.PassOver();
            return true;
        }
        var (options, every) = (Options(run, rate), Math.Max(1, run.Steps / Reports));
        try
        {
            var result = Pretrain.Run(options, text, device,
                new RunOptions
                {
                    Out = folder,
                    Resume = RunFolder.IsRun(folder) && !RunFolder.IsUnbegun(folder),
                    Threads = threads,
                    ReportEvery = every,
                    Keep = 1
                }, progress,
                stopping: stopping);
            if (result.Interrupted)
                return false;
            var row = Row(run, options, result, every);
            table.Add(row);
            progress.End(string.Create(CultureInfo.InvariantCulture,
                $"{row.Parameters:N0} parameters, {row.Tokens:N0} tokens, lr {rate:g4}, {row.Loss:0.0000} nats per held-out token, {row.Seconds:0.0} s"));
        }
        catch (DivergedException e)
        {
            failed.Add(new FailedRun(run.Name, e.Message));
            progress.End(e.Message);
        }
        return true;
    }

    PretrainOptions Options(PlannedRun run, double rate)
    {
        var every = Math.Max(1, (run.Steps + recipe.Sweep.Evaluations - 1) / recipe.Sweep.Evaluations);
        return recipe.Train.Training with
        {
            Model = run.Model.Config,
            Steps = run.Steps,
            Warmup = (int)Math.Round(recipe.Sweep.Warmup * run.Steps),
            LearningRate = rate,
            Seed = run.Seed,
            EvaluateEvery = every,
            SaveEvery = every,
        };
    }

    SweepRow Row(PlannedRun run, PretrainOptions options, TrainingResult result, int every)
    {
        var history = RunFolder.HistoryOf(result.Folder);
        return new SweepRow
        {
            Name = run.Name,
            Plan = run.Plan,
            Parameters = run.Model.Parameters,
            NonEmbedding = run.Model.NonEmbedding,
            Tokens = run.Tokens,
            FullFlops = run.FullFlops,
            Loss = result.NatsPerToken!.Value,
            BitsPerByte = result.BitsPerByte!.Value,
            Seconds = Math.Round(history.Last!.Training.TotalSeconds, 3),
            LearningRate = options.LearningRate,
            Batch = options.TokensPerStep,
            Steps = run.Steps,
            Seed = run.Seed,
            Layers = run.Model.Layers,
            Width = run.Model.Width,
            Heads = run.Model.Heads,
            HeldOut = run.HeldOut,
            Noise = run.Plan != Sweep.Search && recipe.Sweep.NoiseBatches > 0 ? Noise(options, result) : null,
            // a resumed run also reports its first step; a run without interruption does not
            Curve = Curve([.. history.Steps.Where(s => s.Step > options.Warmup && (s.Step % every == 0 || s.Step == run.Steps))]),
        };
    }

    /// <summary>Averages the reports in groups of equal size, one group per point.</summary>
    static (long, double)[] Curve(StepDone[] steps)
    {
        var points = new (long, double)[Math.Min(CurvePoints, steps.Length)];
        for (var i = 0; i < points.Length; i++)
        {
            var part = steps[(int)((long)i * steps.Length / points.Length)..(int)((i + 1L) * steps.Length / points.Length)];
            points[i] = ((long)Math.Round(part.Average(s => s.Tokens)), Math.Round(part.Average(s => s.Loss), 5));
        }
        return points;
    }

    /// <summary>Gradient noise of the final weights on the next batches; null if they do not determine it.</summary>
    GradientNoise? Noise(PretrainOptions options, TrainingResult result)
    {
        using var parameters = new ParameterStore(device);
        var model = (ICausalModel)options.Model.Create(parameters.Root);
        parameters.FillForTraining(options.Seed, Checkpoint.Open(result.Checkpoint).Weights);
        var source = new BatchSource(text.Train, text.Weights, options.SequenceLength, options.Batch, options.Seed);
        var noise = GradientNoise.Measure(model, source, (long)options.Steps * options.Accumulate, recipe.Sweep.NoiseBatches);
        return noise.Scale is null ? null : noise;
    }
}
