using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Data;
using Nonet.Inference;
using Nonet.Models;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Training;

namespace Nonet.Recipes;

/// <summary>
/// Trains a decoder from nothing to predict the next token: AdamW or Muon, a schedule, clipping, held-out loss, checkpoints, samples. Brown et al. 2020,
/// appendix B; Touvron et al. 2023, section 2.3. The bits depend on options and text alone: not on the number of threads, nor on where a run was stopped.
/// </summary>
public static class Pretrain
{
    /// <summary>Times that a run goes back to the same checkpoint.</summary>
    const int MostRollbacks = 3;

    /// <param name="options">What determines the result.</param>
    /// <param name="text">Tokens to train on and to hold out.</param>
    /// <param name="where">Run folder, threads, reports.</param>
    /// <param name="progress">Told of every reported step, evaluation, sample and checkpoint, on this thread.</param>
    /// <param name="stopping">Cancelling saves a checkpoint after the step at hand and returns.</param>
    public static PretrainResult Run(
        PretrainOptions options, TokenizedData text, RunOptions where, IProgress<RunEvent>? progress = null, CancellationToken stopping = default)
    {
        options.Check();
        using var device = new CpuDevice(where.Threads);
        using var parameters = new ParameterStore(device);
        var model = Create(options, text, parameters.Root);
        var batches = new BatchSource(text.Train, text.Weights, options.SequenceLength, options.Batch, options.Seed);
        var heldOut = new EvaluationWindows(text.HeldOut, options.SequenceLength, text.Tokenizer.EndOfText);
        var recorded = Recorded(options, text);
        using var run = RunFolder.Open(where, recorded, Describe(options), parameters.Count);
        var checkpoint = where.Resume && run.Checkpoints.Last is { } last ? Checkpoint.Open(last) : null;
        checkpoint?.State.CheckOptions(recorded, checkpoint.FullPath);

        parameters.FillForTraining(options.Seed, checkpoint?.Weights);
        using var optimizer = Optimizer(options, parameters);
        var ema = optimizer as Ema;
        if (checkpoint is not null)
            Restore(checkpoint);
        var state = checkpoint?.State ?? new TrainingState { Step = 0, Batches = 0, Seed = options.Seed, Options = recorded };
        var (saved, evaluated, rollbacks) = (checkpoint?.FullPath, default(Evaluated), 0);
        var spike = options.SpikeDeviations is { } deviations ? new LossSpike(options.SpikeWindow, deviations) : null;
        spike?.Restore(state.RecentLosses);
        var (meter, reading) = (new Meter(), new Stopwatch());

        run.Begin(state.Step, options.Steps);
        try
        {
            progress?.Report(new StageStarted("training", string.Create(CultureInfo.InvariantCulture,
                $"{parameters.Count:N0} weights, {options.Steps:N0} steps of {options.TokensPerStep:N0} tokens, {device.Threads} threads")));
            if (state.Step == 0 && where.SampleEvery is not null)
                Averaged(Sample);
            while (state.Step < options.Steps && !stopping.IsCancellationRequested)
            {
                meter.Start();
                var (step, rate, loss, norm) = (state.Step + 1, options.Rates.At(state.Step + 1), 0.0, 0.0);
                var parts = options.MicroBatches(step);
                var tokens = (long)options.Batch * options.SequenceLength * parts;
                for (var part = 0; part < parts; part++)
                {
                    using var scope = new TensorScope(); // this part's buffers
                    reading.Start();
                    var (batch, targets) = MicroBatch.Read(batches, state.Batches + part, device);
                    reading.Stop();
                    loss += MicroBatch.Backward(model, batch.With(new RandomKey(options.Seed, (uint)(state.Batches + part), 0)), targets, tokens, (float)(options.ZLoss ?? 0));
                }
                try
                {
                    Check(step, loss);
                    norm = optimizer.Step(rate, options.Clip);
                }
                catch (DivergedException e) when (options.OnDivergence == OnDivergence.Rollback && rollbacks < MostRollbacks && run.Checkpoints.Last is not null)
                {
                    RollBack(e, parts);
                    continue;
                }
                spike?.Add(loss);
                state = state with { Step = step, Batches = state.Batches + parts, RecentLosses = spike?.Losses ?? [] };
                meter.Stop(tokens);

                if (Due(where.ReportEvery) || meter.Steps == 1)
                {
                    Report(new StepDone(step, options.Steps, loss, rate, norm, state.Batches * options.Batch * options.SequenceLength, run.TrainedBefore + meter.Time,
                        meter.TokensPerSecond(), meter.TimeFor(options.Steps - step)));
                }
                if (Due(options.EvaluateEvery))
                    Averaged(Evaluate);
                if (Due(options.SaveEvery) || state.Best?.Step == step)
                    Averaged(Save);
                if (where.SampleEvery is { } every && Due(every))
                    Averaged(Sample);
            }
            if (saved != run.Checkpoints.PathOf(state.Step))
                Averaged(Save);
            if (state.Step == options.Steps && evaluated is null)
                Averaged(Evaluate);
            run.End(state.Step == options.Steps ? RunState.Finished : RunState.Interrupted, state.Step);
        }
        catch (Exception e)
        {
            run.TryEnd(e is DivergedException ? RunState.Diverged : RunState.Failed, state.Step, e.Message);
            throw;
        }
        var complete = state.Step == options.Steps;
        return new PretrainResult
        {
            Step = state.Step,
            Interrupted = !complete,
            NatsPerToken = complete ? evaluated?.NatsPerToken : null,
            BitsPerByte = complete ? evaluated?.BitsPerByte : null,
            Parameters = parameters.Count,
            Tokens = meter.Tokens,
            Training = meter.Time,
            ReadingData = reading.Elapsed,
            Logging = run.Logging,
            Flops = FlopsPerToken(model, options.SequenceLength) * meter.Tokens,
            Folder = run.FullPath,
            Checkpoint = saved!,
        };

        bool Due(int every) => state.Step % every == 0 || state.Step == options.Steps;

        void Report(RunEvent e)
        {
            run.Record(e);
            progress?.Report(e);
        }

        void Check(int step, double loss)
        {
            if (!double.IsFinite(loss))
                throw new DivergedException(step, "the loss", loss, NonFinite.Find(parameters)?.ToString());
            if (spike?.Is(loss) == true)
            {
                throw new DivergedException(step, "the loss", loss, string.Create(CultureInfo.InvariantCulture,
                    $"a spike: above {spike.Limit:0.0000}, the mean of the last {options.SpikeWindow} and {options.SpikeDeviations} standard deviations"));
            }
        }

        // What a run makes of its weights it makes of their average, where there is one.
        void Averaged(Action action)
        {
            ema?.Swap();
            action();
            ema?.Swap();
        }

        void Restore(Checkpoint from)
        {
            from.Restore(parameters, optimizer);
            ema?.Restored();
        }

        void RollBack(DivergedException e, int parts)
        {
            meter.Stop(0);
            parameters.ClearGradients();
            var back = Checkpoint.Open(run.Checkpoints.Last!);
            back.RestoreWeights(parameters);
            Restore(back);
            spike?.Restore(back.State.RecentLosses);
            state = back.State with { Batches = state.Batches + parts }; // the batches since then are passed over
            rollbacks++;
            run.RewindTo(state.Step);
            Report(new RolledBack(state.Step, (int)e.Step, e.Message));
        }

        void Evaluate()
        {
            var loss = HeldOut.Evaluate(model, heldOut);
            var best = !(loss.NatsPerToken >= state.Best?.Loss);
            evaluated = new Evaluated(state.Step, loss.NatsPerToken, loss.BitsPerByte(text.HeldOut.TextBytes), best);
            if (best)
                state = state with { Best = (loss.NatsPerToken, state.Step) };
            Report(evaluated);
        }

        void Save()
        {
            saved = Checkpoint.Save(run.Checkpoints, options.Model, parameters, text.Tokenizer, optimizer, state);
            rollbacks = 0;
            Report(new Saved(state.Step, saved));
        }

        void Sample()
        {
            var generation = new GenerationOptions { Sampler = where.Sampler, MaxTokens = where.SampleTokens, StopTokens = [text.Tokenizer.EndOfText] };
            var ids = new Generator(model).Tokens(text.Tokenizer.Encode(where.Prompt), generation, CancellationToken.None).Select(t => t.Id).Where(id => id != text.Tokenizer.EndOfText);
            Report(new Sampled(state.Step, where.Prompt, Printable(text.Tokenizer.Decode([.. ids]))));
        }
    }

    /// <summary>
    /// Operations of a token's forward and backward pass: six a weight of a matrix product, and 12 · Layers · Heads · HeadWidth · length for attention.
    /// Chowdhery et al. 2022, appendix B.
    /// </summary>
    internal static double FlopsPerToken(ICausalModel model, int length)
    {
        var tables = model.Parameters.Parameters.Any(p => p.Path == "output/weight") ? "tokens/weight" : ""; // looked up, not multiplied
        var multiplied = model.Parameters.Parameters.Where(p => p.Shape.Rank == 2 && p.Path is not "positions/weight" && p.Path != tables).Sum(p => p.Elements);
        return 6.0 * multiplied + 12.0 * model.Layers * model.AttentionWidth * length;
    }

    /// <summary>An untrained model over bytes writes control characters, which terminals obey.</summary>
    static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) && c is not ('\n' or '\t') ? '\uFFFD' : c));

    static ICausalModel Create(PretrainOptions options, TokenizedData text, ParameterPath root)
    {
        var model = options.Model.Create(root) as ICausalModel
            ?? throw new ArgumentException($"the model is a {options.Model.Family}, which predicts no next token: a decoder is needed");
        if (model.Vocab < text.Tokenizer.Vocab)
            throw new ArgumentException($"the model's vocab is {model.Vocab}: at least the tokenizer's {text.Tokenizer.Vocab} is needed");
        model.Checkpointing = options.GradientCheckpointing;
        return model;
    }

    static Optimizer Optimizer(PretrainOptions options, ParameterStore parameters)
    {
        Optimizer optimizer = options.Muon is { } muon ? new Muon(parameters, muon, options.AdamW) : new AdamW(parameters, options.AdamW);
        return options.EmaDecay is { } decay ? new Ema(parameters, optimizer, decay) : optimizer;
    }

    static string Describe(PretrainOptions options) => $"{options.Model.Family}, {options.Model.Outline}, context {options.Model.MaxLength}";

    /// <summary>The options and what identifies the text, as checkpoints keep them.</summary>
    static JsonObject Recorded(PretrainOptions options, TokenizedData text)
    {
        var recorded = options.ToJson();
        recorded["text"] = new JsonObject
        {
            ["train_tokens"] = text.Train.Sum(t => t.Count),
            ["train_bytes"] = text.Train.Sum(t => t.TextBytes),
            ["held_out_tokens"] = text.HeldOut.Count,
            ["tokenizer"] = text.Tokenizer.Fingerprint.ToString("x16", CultureInfo.InvariantCulture),
        };
        return recorded;
    }
}
