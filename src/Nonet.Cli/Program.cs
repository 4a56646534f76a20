Console.Error.WriteLine("nonet");
return 2;
