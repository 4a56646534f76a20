using Nonet.Cli;

using var interruption = new Interruption(Console.Error);
return await CommandLine.Run(args, Terminal.Standard(), interruption.Token);
